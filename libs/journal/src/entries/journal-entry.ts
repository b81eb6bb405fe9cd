import type { ErrorRecord } from '../codec/error-record';
import type { StateChanges } from '../state/state-changes';

/** What every entry carries, whatever its kind (INVENTORY JR05). */
export interface EntryHeader {
  /** Encoded actor id. */
  readonly actor: string;
  /** Dense per actor, from 1. */
  readonly seq: number;
  /** ULID. */
  readonly id: string;
  /** Wall clock of the writer. Informational, but for `MessageReceived` and effects: `ctx.now()` reads it back. */
  readonly time: number;
  /** Correlation id of the message this entry belongs to; '' outside a turn. */
  readonly correlationId: string;
}

export interface ActivationStarted {
  readonly kind: 'ActivationStarted';
  readonly epoch: number;
  readonly node: string;
  /** `@Actor({ version })` of the code that writes from here on. */
  readonly codeVersion: string;
  /** Fingerprint of the facets that run on replay. */
  readonly facetChain: string;
  /** `true` when `replayOnActivation: false` made this activation begin from the initial state; history is kept. */
  readonly reset: boolean;
  /** Schema version of the state that this activation writes. */
  readonly schema: number;
}

export interface MessageReceived {
  readonly kind: 'MessageReceived';
  readonly messageId: string;
  /** Encoded id of the sending actor, or '' for a client. */
  readonly sender: string;
  readonly causationId: string;
  /** Handler name; system messages begin with '$' (`$create`, `$stop`, `$attach`, `$detach`). */
  readonly method: string;
  /** Encoded argument list. */
  readonly payload: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
  readonly principal: string;
}

export interface SideEffectExecuted {
  readonly kind: 'SideEffectExecuted';
  /** `handler`, or the name of the facet that ran it. */
  readonly scope: string;
  /** Rank of the call within its scope and turn, from 0. */
  readonly ordinal: number;
  readonly name: string;
  readonly argsHash: string;
  /** Encoded result; `null` when it failed. */
  readonly result: Uint8Array | null;
  readonly error: ErrorRecord | null;
  readonly attempts: number;
}

export interface StateChanged {
  readonly kind: 'StateChanged';
  readonly changes: StateChanges;
}

/** A send of the turn, committed with it. */
export interface MessageSent {
  readonly kind: 'MessageSent';
  readonly messageId: string;
  readonly receiver: string;
  readonly method: string;
  readonly payload: Uint8Array;
  readonly dueAt: number;
}

/** A wait of the running turn (`ctx.sleep`); durable before it begins. */
export interface TimerScheduled {
  readonly kind: 'TimerScheduled';
  readonly scope: string;
  readonly ordinal: number;
  readonly dueAt: number;
}

export interface TimerFired {
  readonly kind: 'TimerFired';
  readonly scope: string;
  readonly ordinal: number;
}

export interface FacetAttached {
  readonly kind: 'FacetAttached';
  readonly name: string;
  readonly priority: number;
  readonly config: Uint8Array;
}

export interface FacetDetached {
  readonly kind: 'FacetDetached';
  readonly name: string;
}

export interface MessageProcessed {
  readonly kind: 'MessageProcessed';
  readonly messageId: string;
  /** Encoded result; `null` when it failed. */
  readonly result: Uint8Array | null;
  readonly error: ErrorRecord | null;
}

export interface MessageParked {
  readonly kind: 'MessageParked';
  readonly messageId: string;
  readonly attempts: number;
  readonly cause: ErrorRecord;
}

export type EntryBody =
  | ActivationStarted
  | MessageReceived
  | SideEffectExecuted
  | StateChanged
  | MessageSent
  | TimerScheduled
  | TimerFired
  | FacetAttached
  | FacetDetached
  | MessageProcessed
  | MessageParked;

export type EntryKind = EntryBody['kind'];

/** One line of an actor's history. @publicApi */
export type JournalEntry = EntryHeader & EntryBody;
