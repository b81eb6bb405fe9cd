import type { Client } from 'pg';
import { ACTOR_STATUSES } from '../../sqlite/protocol';
import { rowsOf } from '../session';
import type { Tables } from '../tables';
import type { ActorIds, ActorPlace } from './actor-ids';
import { Columns } from './columns';
import { actorsOf, canBegin, type FastPlan, DONE } from './fast-plan';
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
  private readonly text: string;

  constructor(
    tables: Tables,
    private readonly ids: ActorIds,
  ) {
    this.text = statement(tables);
  }

  /** @returns `null` when it cannot be tried. @throws what the server says, when it was tried in vain */
  async run(client: Client, packed: PackedWrites, plan: FastPlan): Promise<KnownMessages | null> {
    const places = await this.ids.places(client, actorsOf(plan));
    for (const [actor, move] of plan.heads) if (!canBegin(places.get(actor) as ActorPlace, move)) return null;
    const values = valuesOf(packed, plan, places);
    const [row] = await rowsOf(client, { name: 'ps-flush', text: this.text, values });
    for (const [name, { id, isNew }] of places) if (isNew) this.ids.committed(name, id);
    const known = row?.[0] ?? null;
    if (known === null) return NONE;
    const stored = new Set(JSON.parse(known) as string[]);
    const missing = new Set<string>();
    for (const { actor, id, state } of plan.arrivals) {
      const key = `${(places.get(actor) as ActorPlace).id}/${id}`;
      if (state === 0 && !stored.has(key)) missing.add(`${actor}\n${id}`);
    }
    return missing;
  }
}

const NONE: KnownMessages = new Set();

function valuesOf(packed: PackedWrites, plan: FastPlan, places: ReadonlyMap<string, ActorPlace>): unknown[] {
  const idOf = (actor: string): number => (places.get(actor) as ActorPlace).id;
  const [moved, made, frames, changes, arrivals] = [9, 7, 5, 10, 11].map((width) => new Columns(width)) as [
    Columns,
    Columns,
    Columns,
    Columns,
    Columns,
  ];
  const heads = [...plan.heads].map(([actor, move]) => ({ actor, move, place: places.get(actor) as ActorPlace }));
  for (const { actor, place, move } of heads.sort((a, b) => a.place.id - b.place.id)) {
    const { first, last } = move;
    const head = [
      last.expected.seq + last.count,
      last.epoch,
      last.writer,
      last.schema,
      ACTOR_STATUSES.indexOf(last.status),
    ];
    if (place.isNew) made.add([place.id, actor, ...head]);
    else {
      const { seq, epoch } = first.expected;
      moved.add([place.id, seq, epoch, first.continues === true ? first.writer : null, ...head]);
    }
  }
  for (const [actor, place] of places)
    if (place.isNew && !plan.heads.has(actor)) made.add([place.id, actor, 0, 0, '', 0, 0]);
  for (const { actor, expected, count, frame } of plan.frames)
    frames.add([idOf(actor), expected.seq + 1, count, frame.at + 1, frame.length]);
  for (const { actor, change } of plan.changes) {
    const place = [idOf(actor), change.id];
    if (change.op === 'open') changes.add([...place, 1, null, null, null, null, null, null, null]);
    else if (change.op === 'attempt')
      changes.add([...place, 0, change.attempts, change.dueAt, null, null, null, null, null]);
    else {
      const { answer, argsHash, expiresAt } = change;
      const state = change.op === 'done' ? DONE : DONE + 1;
      changes.add([
        ...place,
        state,
        null,
        null,
        argsHash,
        answer.at + 1,
        answer.length,
        expiresAt,
        change.op === 'done' ? 1 : 0,
      ]);
    }
  }
  for (const { actor, id, state, argsHash, message, attempts, dueAt, answer, expiresAt } of plan.arrivals) {
    const [text, reply] = [message, answer].map((slice) => [slice && slice.at + 1, slice && slice.length]);
    arrivals.add([idOf(actor), id, state, argsHash, ...(text ?? []), attempts, dueAt, ...(reply ?? []), expiresAt]);
  }
  const required = plan.arrivals.filter(({ state }) => state > 0).length;
  const counts = [moved.length, plan.changes.length, required, plan.arrivals.length - required];
  return [packed.bytes, ...counts, ...moved.all, ...made.all, ...frames.all, ...changes.all, ...arrivals.all];
}

/** Numbers the parameters as `valuesOf` lists them: the bytes, four counts, then column by column. */
function statement({ actor, journal, inbox }: Tables): string {
  let next = 6;
  const unnest = (alias: string, columns: string): string => {
    const pairs = columns.split(', ').map((column) => column.split(' ') as [string, string]);
    const arrays = pairs.map(([, type]) => `$${next++}::${type}[]`);
    return `unnest(${arrays.join(', ')}) AS ${alias} (${pairs.map(([name]) => name).join(', ')})`;
  };
  const head = 'head bigint, epoch bigint, writer text, schema integer, status smallint';
  const moved = unnest('m', `id bigint, expected bigint, expected_epoch bigint, expected_writer text, ${head}`);
  const made = unnest('n', `id bigint, name text, ${head}`);
  const frames = unnest('f', 'actor bigint, first_seq bigint, entries integer, at integer, size integer');
  const changes = unnest(
    'c',
    'actor bigint, id text, state smallint, attempts integer, due_at bigint, args_hash text, at integer, size integer, expires_at bigint, forget smallint',
  );
  const arrivals = unnest(
    'r',
    'actor bigint, id text, state smallint, args_hash text, at integer, size integer, attempts integer, due_at bigint, answer_at integer, answer_size integer, expires_at bigint',
  );
  return `WITH moved AS (
    UPDATE ${actor} a SET head = m.head, epoch = m.epoch, writer = m.writer, schema = m.schema, status = m.status
      FROM ${moved}
      WHERE a.id = m.id AND a.head = m.expected AND a.epoch = m.expected_epoch
        AND (m.expected_writer IS NULL OR a.writer = m.expected_writer)
      RETURNING 1
  ), gate AS (SELECT count(*) AS moved FROM moved
  ), made AS (
    INSERT INTO ${actor} (id, name, head, epoch, writer, schema, status)
      SELECT n.* FROM ${made} WHERE (SELECT moved FROM gate) = $2::bigint
  ), framed AS (
    INSERT INTO ${journal} (actor, first_seq, entries, frame)
      SELECT f.actor, f.first_seq, f.entries, substring($1::bytea FROM f.at FOR f.size)
      FROM ${frames} WHERE (SELECT moved FROM gate) = $2::bigint
  ), changed AS (
    UPDATE ${inbox} i SET state = greatest(i.state, c.state), attempts = coalesce(c.attempts, i.attempts),
        due_at = CASE WHEN c.state >= ${DONE} THEN NULL ELSE coalesce(c.due_at, i.due_at) END,
        args_hash = coalesce(c.args_hash, i.args_hash), expires_at = c.expires_at,
        answer = substring($1::bytea FROM c.at FOR c.size), message = CASE c.forget WHEN 1 THEN NULL ELSE i.message END
      FROM ${changes}
      WHERE i.id = c.id AND i.actor = c.actor AND i.state < ${DONE} AND (SELECT moved FROM gate) = $2::bigint
      RETURNING 1
  ), arrived AS (
    INSERT INTO ${inbox} (actor, id, state, args_hash, message, attempts, due_at, answer, expires_at)
      SELECT r.actor, r.id, r.state, r.args_hash, substring($1::bytea FROM r.at FOR r.size), r.attempts, r.due_at,
        substring($1::bytea FROM r.answer_at FOR r.answer_size), r.expires_at
      FROM ${arrivals} WHERE (SELECT moved FROM gate) = $2::bigint
      ON CONFLICT DO NOTHING
      RETURNING actor, id, state
  ), summary AS (
    SELECT count(*) FILTER (WHERE state > 0) AS required, count(*) FILTER (WHERE state = 0) AS queued FROM arrived
  )
  SELECT CASE WHEN (SELECT moved FROM gate) = $2::bigint AND (SELECT count(*) FROM changed) = $3::bigint
      AND s.required = $4::bigint
    THEN CASE WHEN s.queued = $5::bigint THEN NULL
      ELSE (SELECT coalesce(json_agg(actor || '/' || id), '[]') FROM arrived WHERE state = 0) END
    ELSE (1 / (SELECT 0 * moved FROM gate))::text::json END
  FROM summary s`;
}
