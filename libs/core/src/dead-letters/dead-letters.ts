import { findParkedTurn } from '#journal';
import { type InboxRow, decodeActorId, encodeActorId, isPlexSpacesError } from '#spi';
import { validateArguments } from '../admission/validate-arguments';
import type { ActorRef } from '../actor/actor-ref';
import { InvalidDeadLetterOptionError, MessageNotParkedError } from '../errors';
import type { ActorSystem } from '../runtime/actor-system';
import { isAbsence } from '../turn/classify-error';
import { type DeadLetter, type DeadLetterDetails, type DeadLetterId, deadLetterOf } from './dead-letter';
import { discardOrphan } from './discard-orphan';
import { DISCARD, REVIVE } from '../runtime/system-messages';
import { redrive, type RedriveOptions, type RedriveProgress } from './redrive';
import type { Revival } from './revival';

/** @publicApi */
export interface DeadLetterQuery {
  /** Of actors of this type only. */
  readonly type?: string;
  /** At most so many; from 1 to 1,000. Default 100. */
  readonly limit?: number;
  /** `next` of the page before. */
  readonly after?: string;
}

/** @publicApi */
export interface DeadLetterPage {
  readonly letters: readonly DeadLetter[];
  /** Where the next page begins; `null`: there is none. */
  readonly next: string | null;
}

/** @publicApi */
export interface RetryParkedOptions {
  /** Arguments in the place of the message's own; its handler's schema checks them. */
  readonly args?: readonly unknown[];
  /**
   * Starts as a new message would: side effects and asks it had recorded are made again, under idempotency keys of their own.
   * Edited arguments always do. Default false: the message goes on from its record.
   */
  readonly anew?: boolean;
}

/** Names between an actor and a message in a cursor; no encoded id has one. */
const SEPARATOR = '\n';
/** Actors asked for at once. */
const PAGE = 100;

/**
 * Messages that were given up: list them, look at them, and take them up again or discard them.
 *
 * Each change is a journaled turn of the receiver, which is activated for it, also while a parked message holds its line
 * (`onPoison: 'hold'`). A message keeps its id: repeats of it wait for the outcome of the retry, and get that. With edited
 * arguments a repeat with the original ones is an `IdempotencyConflictError`; the original stays in the journal, in the
 * `$revive` message.
 * @publicApi
 */
export class DeadLetters {
  constructor(private readonly system: ActorSystem) {}

  /** Ordered by actor, then by acceptance. Reads an index of parked messages. @throws InvalidDeadLetterOptionError, CorruptRecordError */
  async list({ type, limit = 100, after }: DeadLetterQuery = {}): Promise<DeadLetterPage> {
    if (!Number.isInteger(limit) || limit < 1 || limit > 1_000)
      throw new InvalidDeadLetterOptionError('limit', `must be a whole number from 1 to 1000, not ${String(limit)}`);
    const letters: DeadLetter[] = [];
    let last: InboxRow | undefined;
    for await (const row of this.rows(type, after)) {
      if (letters.length === limit && last !== undefined)
        return { letters, next: `${last.actor}${SEPARATOR}${last.id}` };
      letters.push(deadLetterOf(row));
      last = row;
    }
    return { letters, next: null };
  }

  /** With times and recorded effects, from the journal. @throws MessageNotParkedError, CorruptRecordError */
  async get(letter: DeadLetterId): Promise<DeadLetterDetails> {
    const row = await this.parkedRow(letter);
    const turn = await findParkedTurn(this.system.storage.journal, row.actor, row.id);
    const effects = (turn?.records ?? []).flatMap((entry) =>
      entry.kind === 'SideEffectExecuted' ? [{ name: entry.name, failed: entry.error !== null }] : [],
    );
    return {
      ...deadLetterOf(row),
      startedAt: turn?.received?.time ?? null,
      parkedAt: turn?.parked.time ?? null,
      effects,
    };
  }

  /**
   * Back into its receiver's line, with all its attempts: first in a line that it holds, at the end of one that went on.
   * Resolves when that is durable, not when it has run.
   * @throws MessageNotParkedError (also when it is retried twice), InvalidArgumentsError, UnknownActorTypeError;
   * ActorNotFoundError or ActorTerminatedError: such letters can only be discarded
   */
  async retry(letter: DeadLetterId, { args, anew = false }: RetryParkedOptions = {}): Promise<void> {
    const row = await this.parkedRow(letter);
    const { method, args: original } = deadLetterOf(row);
    if (method === null)
      throw new InvalidDeadLetterOptionError(
        'letter',
        `names message ${row.id}, of which no copy was kept: it can only be discarded`,
      );
    const ref = this.refOf(row.actor);
    if (args !== undefined && !Array.isArray(args))
      throw new InvalidDeadLetterOptionError('args', 'must be an array, one item per argument');
    const handler = ref.address.definition.handlers.get(method);
    const edited =
      args === undefined || handler === undefined
        ? (args ?? null)
        : [...(await validateArguments(handler, row.actor, args))];
    const revival: Revival = { args: edited, anew };
    // The journal keeps what was asked for, and beside it what it replaces.
    await this.system.sender.control(ref, REVIVE, [row.id, revival, ...(edited === null ? [] : [{ original }])]);
  }

  /**
   * Gives it up for good; repeats of it are told so (`MessageDiscardedError`). Also where its receiver, or the receiver's class,
   * is gone. @throws MessageNotParkedError, NotOwnerError
   */
  async discard(letter: DeadLetterId, reason = ''): Promise<void> {
    const row = await this.parkedRow(letter);
    try {
      await this.system.sender.control(this.refOf(row.actor), DISCARD, [row.id, reason]);
    } catch (error) {
      if (!isPlexSpacesError(error) || !(isAbsence(error.code) || error.code === 'PS_UNKNOWN_ACTOR_TYPE')) throw error;
      if (!this.system.mayAct()) throw this.system.notOwner(); // where its class is, the actor may be in memory
      await discardOrphan(this.system, row, reason);
    }
  }

  /** Takes up all that are parked, or those chosen, one after another. @throws InvalidDeadLetterOptionError */
  redrive({ type, anew = false, ...options }: RedriveOptions = {}): Promise<RedriveProgress> {
    const { env } = this.system;
    const port = {
      rows: this.rows(type),
      retry: (letter: DeadLetter) => this.retry(letter, { anew }),
      pause: (delayMs: number) => new Promise<void>((resolve) => void env.schedule(resolve, delayMs)),
    };
    return redrive(port, options);
  }

  /** Parked rows behind the cursor. */
  private async *rows(type: string | undefined, cursor = ''): AsyncGenerator<InboxRow> {
    const { inbox } = this.system.storage;
    const [actor = '', id] = cursor.split(SEPARATOR);
    if (cursor !== '' && id === undefined)
      throw new InvalidDeadLetterOptionError('after', 'must be `next` of a page that was listed');
    if (id !== undefined) {
      const rows = await inbox.parked(actor);
      yield* rows.slice(rows.findIndex((row) => row.id === id) + 1);
    }
    for (let after = actor; ;) {
      const actors = await inbox.actorsParked('', after, PAGE);
      for (const one of actors)
        if (type === undefined || decodeActorId(one).type === type) yield* await inbox.parked(one);
      const last = actors.at(-1);
      if (last === undefined) return;
      after = last;
    }
  }

  private async parkedRow({ actor, messageId }: DeadLetterId): Promise<InboxRow> {
    const encoded = typeof actor === 'string' ? actor : encodeActorId(actor);
    const row = await this.system.storage.inbox.find(encoded, messageId);
    if (row?.state !== 'parked') throw new MessageNotParkedError(encoded, messageId, row?.state ?? 'unknown');
    return row;
  }

  private refOf(actor: string): ActorRef<object> {
    const { type, key, tenant, namespace } = decodeActorId(actor);
    return this.system.refOf(this.system.classOf(type).definition, key, { tenant, namespace, allowCrossScope: true });
  }
}
