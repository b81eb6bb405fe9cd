import type { Client } from 'pg';
import { ACTOR_STATUSES } from '../../sqlite/protocol';
import { rowsOf } from '../session';
import type { Tables } from '../tables';
import type { ActorIds, ActorPlace } from './actor-ids';
import { Columns } from './columns';
import { actorsOf, type Arrival, canBegin, DONE, type FastPlan, OPEN, PARKED, QUEUED } from './fast-plan';
import { COLUMNS, COUNTED, FlushStatements, PARTS, type Part } from './flush-statement';
import type { PackedWrites } from './packed-writes';

/** Messages that were known already, as `actor id/message id`; every other write of the flush is stored. */
export type KnownMessages = ReadonlySet<string>;

/**
 * A flush as one statement, and so one transaction, one way to the server and back, one wait for its disk.
 *
 * It is right only where every head stands where it is expected and every message is as its change wants it; anything else
 * makes the statement fail, which leaves no trace, and the flush is for `ExactFlush`. Heads move before anything else is
 * looked at, in the order of their numbers: of two nodes the one that comes second waits there, and holds nothing.
 */
export class FastFlush {
  private readonly statements: FlushStatements;

  constructor(
    tables: Tables,
    private readonly ids: ActorIds,
  ) {
    this.statements = new FlushStatements(tables);
  }

  /** @returns `null` when it cannot be tried. @throws what the server says, when it was tried in vain */
  async run(client: Client, packed: PackedWrites, plan: FastPlan): Promise<KnownMessages | null> {
    const places = await this.ids.places(client, actorsOf(plan));
    for (const [actor, move] of plan.heads) if (!canBegin(places.get(actor) as ActorPlace, move)) return null;
    const columns = columnsOf(plan, places);
    const parts = PARTS.filter((part) => columns[part].length > 0);
    const values: unknown[] = [packed.bytes];
    for (const part of parts) {
      if (COUNTED.has(part)) values.push(columns[part].length);
      if (part === 'arrived') values.push(plan.arrivals.filter(({ state }) => state === OPEN).length);
      values.push(...columns[part].all);
    }
    const [row] = await rowsOf(client, { ...this.statements.of(parts), values });
    for (const [name, { id, isNew }] of places) if (isNew) this.ids.committed(name, id);
    const known = row?.[0] ?? null;
    if (known === null) return NONE;
    const stored = new Set(JSON.parse(known) as string[]);
    const missing = new Set<string>();
    for (const { actor, id, state } of plan.arrivals) {
      const key = `${(places.get(actor) as ActorPlace).id}/${id}`;
      if (state === QUEUED && !stored.has(key)) missing.add(`${actor}\n${id}`);
    }
    return missing;
  }
}

const NONE: KnownMessages = new Set();
const WIDTHS = PARTS.map((part) => [part, COLUMNS[part].split(', ').length] as const);

function columnsOf(plan: FastPlan, places: ReadonlyMap<string, ActorPlace>): Record<Part, Columns> {
  const idOf = (actor: string): number => (places.get(actor) as ActorPlace).id;
  const columns = Object.fromEntries(WIDTHS.map(([part, width]) => [part, new Columns(width)])) as Record<
    Part,
    Columns
  >;
  addHeads(columns, plan, places);
  for (const { actor, expected, count, frame } of plan.frames)
    columns.frames.add([idOf(actor), expected.seq + 1, count, frame.at + 1, frame.length]);
  for (const { actor, change } of plan.changes) {
    const place = idOf(actor);
    const { id } = change;
    if (change.op === 'open') columns.changes.add([place, id, OPEN, null, null, null, null, null, null, null]);
    else if (change.op === 'attempt')
      columns.changes.add([place, id, QUEUED, change.attempts, change.dueAt, null, null, null, null, null]);
    else if (change.op !== 'revive') {
      const { answer, argsHash, expiresAt } = change;
      const [state, forget] = change.op === 'done' ? [DONE, 1] : [PARKED, 0];
      columns.changes.add([place, id, state, null, null, argsHash, answer.at + 1, answer.length, expiresAt, forget]);
    }
  }
  const hasQueued = plan.arrivals.some(({ state }) => state === QUEUED);
  for (const arrival of plan.arrivals) addArrival(columns, idOf(arrival.actor), arrival, hasQueued);
  return columns;
}

function addHeads(
  { moved, made }: Record<Part, Columns>,
  plan: FastPlan,
  places: ReadonlyMap<string, ActorPlace>,
): void {
  const heads = [...plan.heads].map(([actor, move]) => ({ actor, move, place: places.get(actor) as ActorPlace }));
  for (const { actor, place, move } of heads.sort((a, b) => a.place.id - b.place.id)) {
    const { first, last } = move;
    const [seq, status] = [last.expected.seq + last.count, ACTOR_STATUSES.indexOf(last.status)];
    if (place.isNew) made.add([place.id, actor, seq, last.epoch, last.writer, last.schema, status]);
    else {
      const { expected, continues, writer } = first;
      const of = continues === true ? writer : null;
      moved.add([place.id, expected.seq, expected.epoch, of, seq, last.epoch, last.writer, last.schema, status]);
    }
  }
  for (const [actor, place] of places)
    if (place.isNew && !plan.heads.has(actor)) made.add([place.id, actor, 0, 0, '', 0, 0]);
}

/** The bytes begin at 1 in SQL. */
function addArrival(
  { opened, ended, arrived }: Record<Part, Columns>,
  place: number,
  { id, state, argsHash, message, answer, attempts, dueAt, expiresAt }: Arrival,
  hasQueued: boolean,
): void {
  if (message === null) ended.add([place, id, state, argsHash, (answer?.at ?? 0) + 1, answer?.length ?? 0, expiresAt]);
  else if (hasQueued) arrived.add([place, id, state, argsHash, message.at + 1, message.length, attempts, dueAt]);
  else opened.add([place, id, argsHash, message.at + 1, message.length, attempts, dueAt]);
}
