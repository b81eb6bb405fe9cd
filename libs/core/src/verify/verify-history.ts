import {
  HistoryTruncatedError,
  type JournalFold,
  type JournalEntry,
  type StateChanges,
  StateImage,
  decodeEntry,
  decodePayload,
  encodePayload,
  firstKeptSeq,
  readableCheckpoints,
  sameStored,
  startFold,
} from '#journal';
import type { ActorClass } from '../runtime/actor-class';
import type { Address } from '../runtime/address';
import type { SystemPort } from '../runtime/system-port';
import { REVIVE } from '../runtime/system-messages';
import { type TurnRecord, groupTurns } from './group-turns';
import { type Rerun, rerunTurn } from './rerun-turn';

/** One turn that the code of today would not repeat. @publicApi */
export interface Divergence {
  readonly messageId: string;
  readonly method: string;
  /** Entry of its MessageReceived. */
  readonly seq: number;
  /** What the record says, and what the code did. */
  readonly expected: string;
  readonly got: string;
}

/** What {@link ActorHistory.verify} found. @publicApi */
export interface Verification {
  /** No divergence. */
  readonly ok: boolean;
  /** Turns run again. */
  readonly turns: number;
  /** Of those, turns with effects that `durability({ cacheSideEffects: false })` kept no record of: nothing can be said of them. */
  readonly unverifiable: number;
  readonly divergences: readonly Divergence[];
  /** Where the journal was truncated: turns up to this entry are gone, or the state they began with is. */
  readonly skippedThrough?: number;
}

/**
 * Runs the completed turns of an actor again, each on the state recorded before it, so that one divergence does not
 * taint the next (P9). Parked turns and those of the runtime itself are passed over.
 * @throws HistoryTruncatedError when no checkpoint carries what the journal keeps
 */
export async function verifyHistory(system: SystemPort, cls: ActorClass, address: Address): Promise<Verification> {
  const actor = address.encoded;
  const fold = await startOfHistory(system, actor);
  const skippedThrough = fold.seq;
  const divergences: Divergence[] = [];
  let turns = 0;
  let unverifiable = 0;
  let turn: JournalEntry[] = [];
  let before = new StateImage();
  const parked = new Set<string>();
  for await (const page of system.storage.journal.read(actor, skippedThrough)) {
    for (const record of page) {
      const entry = decodeEntry(actor, record);
      if (entry.kind === 'MessageReceived') before = fold.image.clone();
      fold.step(record);
      turn.push(entry);
      const given = parkedBy(entry);
      if (given !== null) parked.add(given);
      if (entry.kind !== 'MessageProcessed' && entry.kind !== 'MessageParked') continue;
      const recorded = groupTurns(turn);
      turn = [];
      if (recorded === null || entry.kind === 'MessageParked') continue;
      turns++;
      const rerun = await rerunTurn(system, cls, address, before, recorded, parked.has(recorded.received.messageId));
      if (rerun.unrecorded) {
        unverifiable++;
        continue;
      }
      const divergence = compare(before, recorded, rerun);
      if (divergence !== null) divergences.push(divergence);
    }
  }
  const verified = { ok: divergences.length === 0, turns, unverifiable, divergences };
  return skippedThrough === 0 ? verified : { ...verified, skippedThrough };
}

/** The message that was parked, as far as the entry says so: its park may be truncated, and not yet the turn that took it up again. */
function parkedBy(entry: JournalEntry): string | null {
  if (entry.kind === 'MessageParked') return entry.messageId;
  if (entry.kind !== 'MessageReceived' || entry.method !== REVIVE.name) return null;
  return (decodePayload(entry.payload) as [id: string])[0];
}

/** At the first entry; of a truncated journal, at the oldest checkpoint that reaches what is kept. */
async function startOfHistory({ storage }: SystemPort, actor: string): Promise<JournalFold> {
  const { seq, schema } = await storage.journal.head(actor);
  const first = (await firstKeptSeq(storage.journal, actor)) ?? seq + 1;
  if (first <= 1) return startFold(actor, null, schema);
  for await (const checkpoint of readableCheckpoints(storage, actor, seq))
    if (checkpoint.seq >= first - 1) return startFold(actor, checkpoint, schema);
  throw new HistoryTruncatedError(actor, `entry ${first - 1}`);
}

function compare(before: StateImage, recorded: TurnRecord, rerun: Rerun): Divergence | null {
  const { received } = recorded;
  const differs = (expected: string, got: string): Divergence => ({
    messageId: received.messageId,
    method: received.method,
    seq: received.seq,
    expected,
    got,
  });
  if (rerun.lost !== null) return differs(rerun.lost.expected, rerun.lost.got);
  const outcome = describeOutcome(rerun.result, rerun.error);
  const expected = describeOutcome(
    recorded.processed.result === null ? null : decodePayload(recorded.processed.result),
    recorded.processed.error,
  );
  if (outcome !== expected) return differs(`answer ${expected}`, `answer ${outcome}`);
  const sent = rerun.sends.join(', ');
  const expectedSends = recorded.sends.map((send) => `${send.method} to ${send.receiver}`).join(', ');
  if (sent !== expectedSends) return differs(`sends [${expectedSends}]`, `sends [${sent}]`);
  return compareState(recorded.changes, rerun.changes, before, differs);
}

/** Values that were equal before the turn and after it may be recorded or not: only the resulting state counts. */
function compareState(
  recorded: StateChanges | null,
  rerun: StateChanges | null,
  before: StateImage,
  differs: (expected: string, got: string) => Divergence,
): Divergence | null {
  const expected = before.clone();
  const got = before.clone();
  if (recorded !== null) expected.apply(recorded);
  if (rerun !== null) got.apply(rerun);
  for (const slot of new Set([...expected.names(), ...got.names()])) {
    if (sameStored(stored(expected, slot), stored(got, slot))) continue;
    return differs(
      `state ${slot} = ${show(expected.materialise(slot))}`,
      `state ${slot} = ${show(got.materialise(slot))}`,
    );
  }
  return null;
}

function stored(image: StateImage, slot: string): Uint8Array {
  const value = image.toObject()[slot];
  return encodePayload([value], { maxBytes: Number.MAX_SAFE_INTEGER });
}

function describeOutcome(result: unknown, error: { readonly name: string; readonly message: string } | null): string {
  return error === null ? show(result) : `${error.name}: ${error.message}`;
}

function show(value: unknown): string {
  const text = JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'bigint' ? `${part}n` : part instanceof Map ? [...part] : part instanceof Set ? [...part] : part,
  );
  return text === undefined ? 'undefined' : text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
