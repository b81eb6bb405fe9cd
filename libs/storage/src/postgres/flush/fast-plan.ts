import type { ActorPlace } from './actor-ids';
import type { PackedAppend, PackedChange, PackedRow, PackedWrites, Slice } from './packed-writes';

/** Where an actor's head stands before the flush, and where it is to stand after it. */
export interface HeadMove {
  readonly first: PackedAppend;
  last: PackedAppend;
}

/** A row that comes into the inbox. `state` as it is stored; a queued one (0) may be there already. */
export interface Arrival {
  readonly actor: string;
  readonly id: string;
  readonly state: number;
  readonly argsHash: string;
  readonly message: Slice | null;
  readonly attempts: number;
  readonly dueAt: number | null;
  readonly answer: Slice | null;
  readonly expiresAt: number | null;
}

export interface Change {
  readonly actor: string;
  readonly change: PackedChange;
}

/** What one statement has to do, if nothing stands in its way. */
export interface FastPlan {
  readonly heads: ReadonlyMap<string, HeadMove>;
  readonly frames: readonly PackedAppend[];
  readonly changes: readonly Change[];
  readonly arrivals: readonly Arrival[];
}

export const [QUEUED, OPEN, DONE, PARKED] = [0, 1, 2, 3] as const;

/**
 * The writes as sets: possible where their order within the flush makes no difference. `null` where it would: two writes
 * about one message, appends of one actor that do not stand on each other, rows of the user's, a message that is taken up again.
 */
export function planFast({ writes }: PackedWrites): FastPlan | null {
  const heads = new Map<string, HeadMove>();
  const frames: PackedAppend[] = [];
  const changes: Change[] = [];
  const arrivals: Arrival[] = [];
  const messages = new Set<string>();
  const isFirst = (actor: string, id: string): boolean => {
    const before = messages.size;
    return messages.add(`${actor}\n${id}`).size > before; // no encoded actor id has a line break
  };
  const queue = (row: PackedRow): boolean => {
    arrivals.push({ ...row, state: QUEUED, answer: null, expiresAt: null });
    return isFirst(row.actor, row.id);
  };

  for (const write of writes) {
    if (write.kind === 'accept') {
      if (!queue(write.row)) return null;
      continue;
    }
    if (write.rows !== undefined || !extend(heads, write)) return null;
    if (write.count > 0) frames.push(write);
    for (const change of write.inbox) {
      if (!isFirst(write.actor, change.id) || needsRow(change)) return null;
      const arrival = arrivalOf(write.actor, change);
      if (arrival === null) changes.push({ actor: write.actor, change });
      else arrivals.push(arrival);
    }
    for (const row of write.sends) if (!queue(row)) return null;
  }
  return { heads, frames, changes, arrivals };
}

/** @returns whether the append stands on the one before it of the same actor, if there is one. */
function extend(heads: Map<string, HeadMove>, write: PackedAppend): boolean {
  const known = heads.get(write.actor);
  if (known === undefined) {
    heads.set(write.actor, { first: write, last: write });
    return true;
  }
  const { last } = known;
  known.last = write;
  if (write.expected.seq !== last.expected.seq + last.count || write.expected.epoch !== last.epoch) return false;
  return write.continues !== true || write.writer === last.writer;
}

/** One to a parked row, which no set of changes is about; or one that makes a parked row, which may be taken up in its place in the line (I1). */
function needsRow(change: PackedChange): boolean {
  return change.op === 'revive' || (change.op === 'parked' && change.fresh);
}

/** A change that brings its row; `null` for one to a row that is there. */
function arrivalOf(actor: string, change: PackedChange): Arrival | null {
  if (change.op === 'attempt' || change.op === 'revive') return null;
  if (change.op === 'open') return change.row && { ...change.row, state: OPEN, answer: null, expiresAt: null };
  if (!change.fresh) return null;
  const { op, id, argsHash, answer, expiresAt } = change;
  const state = op === 'done' ? DONE : PARKED;
  return { actor, id, state, argsHash, message: null, attempts: 0, dueAt: null, answer, expiresAt };
}

/** Every actor the plan needs a number for. */
export function actorsOf({ heads, arrivals }: FastPlan): Set<string> {
  const actors = new Set(heads.keys());
  for (const { actor } of arrivals) actors.add(actor);
  return actors;
}

/** A head row that is not there yet stands at (0, 0), written by nobody. */
export function canBegin(place: ActorPlace, { first }: HeadMove): boolean {
  return !place.isNew || (first.expected.seq === 0 && first.expected.epoch === 0 && first.continues !== true);
}
