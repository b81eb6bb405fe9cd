import type { ErrorRecord } from '../codec/error-record';
import {
  type PackedChanges,
  type PackedError,
  type Pairs,
  packChanges,
  packError,
  packRecord,
  unpackChanges,
  unpackError,
  unpackRecord,
} from './entry-parts';
import type { EntryBody, EntryKind } from './journal-entry';

type Bytes = Uint8Array;

/** The fields of `body` in their stored order (see entry-layout.ts). */
export function fieldsOf(body: EntryBody): readonly unknown[] {
  switch (body.kind) {
    case 'ActivationStarted':
      return [body.epoch, body.node, body.codeVersion, body.facetChain, body.reset, body.schema];
    case 'MessageReceived': {
      const headers = packRecord(body.headers);
      return [body.messageId, body.sender, body.causationId, body.method, body.payload, headers, body.principal];
    }
    case 'SideEffectExecuted': {
      const error = packError(body.error);
      return [body.scope, body.ordinal, body.name, body.argsHash, body.result, error, body.attempts];
    }
    case 'StateChanged':
      return packChanges(body.changes);
    case 'MessageSent':
      return [body.messageId, body.receiver, body.method, body.payload, body.dueAt];
    case 'TimerScheduled':
      return [body.scope, body.ordinal, body.dueAt];
    case 'TimerFired':
      return [body.scope, body.ordinal];
    case 'FacetAttached':
      return [body.name, body.priority, body.config];
    case 'FacetDetached':
      return [body.name];
    case 'MessageProcessed':
      return [body.messageId, body.result, packError(body.error)];
    case 'MessageParked':
      return [body.messageId, body.attempts, packError(body.cause)];
  }
}

/** Inverse of {@link fieldsOf}. `fields` have been checked to be laid out so. */
export function bodyOf(kind: EntryKind, fields: readonly unknown[]): EntryBody {
  switch (kind) {
    case 'ActivationStarted': {
      const [epoch, node, codeVersion, facetChain, reset, schema] = fields as [
        number,
        string,
        string,
        string,
        boolean,
        number,
      ];
      return { kind, epoch, node, codeVersion, facetChain, reset, schema };
    }
    case 'MessageReceived': {
      const [messageId, sender, causationId, method, payload, headers, principal] = fields as ReceivedFields;
      return {
        kind,
        messageId,
        sender,
        causationId,
        method,
        payload,
        headers: unpackRecord(headers),
        principal,
      };
    }
    case 'SideEffectExecuted': {
      const [scope, ordinal, name, argsHash, result, error, attempts] = fields as EffectFields;
      return { kind, scope, ordinal, name, argsHash, result, error: unpackError(error), attempts };
    }
    case 'StateChanged':
      return { kind, changes: unpackChanges(fields as PackedChanges) };
    case 'MessageSent': {
      const [messageId, receiver, method, payload, dueAt] = fields as [string, string, string, Bytes, number];
      return { kind, messageId, receiver, method, payload, dueAt };
    }
    case 'TimerScheduled': {
      const [scope, ordinal, dueAt] = fields as [string, number, number];
      return { kind, scope, ordinal, dueAt };
    }
    case 'TimerFired': {
      const [scope, ordinal] = fields as [string, number];
      return { kind, scope, ordinal };
    }
    case 'FacetAttached': {
      const [name, priority, config] = fields as [string, number, Bytes];
      return { kind, name, priority, config };
    }
    case 'FacetDetached':
      return { kind, name: (fields as [string])[0] };
    case 'MessageProcessed': {
      const [messageId, result, error] = fields as [string, Bytes | null, PackedError | null];
      return { kind, messageId, result, error: unpackError(error) };
    }
    case 'MessageParked': {
      const [messageId, attempts, cause] = fields as [string, number, PackedError];
      return { kind, messageId, attempts, cause: unpackError(cause) as ErrorRecord };
    }
  }
}

type ReceivedFields = [string, string, string, string, Bytes, Pairs, string];
type EffectFields = [string, number, string, string, Bytes | null, PackedError | null, number];
