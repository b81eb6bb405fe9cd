import type { InboxRow, Write } from '#spi';
import { MemoryInboxStorage, MemoryJournalStorage, MemoryTables, MemoryWriter } from '#storage/memory';
import { copyOfWrite } from '../../../libs/testing/src/simulation/disk/copy-write';
import type { SimDisk } from '../../../libs/testing/src/simulation/disk';
import type { Random } from '../../../libs/testing/src/conformance/random';

/** What a store was made to do, in order. */
export type Step =
  | { readonly kind: 'write'; readonly write: Write }
  | { readonly kind: 'truncate'; readonly actor: string; readonly throughSeq: number }
  | { readonly kind: 'sweep'; readonly nowMs: number };

const ACTORS = ['a', 'b', 'c'];
const MESSAGES = ['m1', 'm2', 'm3', 'm4'];

/** Notes every step that reaches the store of this disk. */
export function recordSteps({ engine }: SimDisk): Step[] {
  const steps: Step[] = [];
  const { apply, truncate, sweep } = engine;
  engine.apply = (write, syncs) => {
    steps.push({ kind: 'write', write: copyOfWrite(write) });
    return apply.call(engine, write, syncs);
  };
  engine.truncate = (actor, throughSeq) => {
    steps.push({ kind: 'truncate', actor, throughSeq });
    return truncate.call(engine, actor, throughSeq);
  };
  engine.sweep = (nowMs, limit) => {
    steps.push({ kind: 'sweep', nowMs });
    return sweep.call(engine, nowMs, limit);
  };
  return steps;
}

/** Another one each time, told apart by `tag`; stale, repeated and senseless ones among them. */
export function randomWrite(random: Random, tables: MemoryTables, tag: string): Write {
  const actor = random.pick(ACTORS);
  const bytes = Buffer.from(tag);
  const row = (): Extract<Write, { kind: 'accept' }>['row'] => ({
    actor: random.pick(ACTORS),
    id: random.pick(MESSAGES),
    argsHash: tag,
    message: bytes,
    attempts: 0,
    dueAt: random.below(100),
  });
  if (random.below(4) === 0) return { kind: 'accept', row: row() };
  const head = tables.actors.get(actor)?.head ?? { seq: 0, epoch: 0 };
  const expected = random.below(8) === 0 ? { seq: 0, epoch: 0 } : { seq: head.seq, epoch: head.epoch };
  const ids = MESSAGES.filter(() => random.below(4) === 0);
  return {
    kind: 'append',
    actor,
    expected,
    epoch: expected.epoch === 0 || random.below(5) === 0 ? expected.epoch + 1 : expected.epoch,
    writer: tag,
    schema: 1,
    status: 'live',
    entries: Array.from({ length: random.below(4) }, (_, i) => ({ seq: expected.seq + 1 + i, bytes })),
    inbox: ids.map((id) => {
      const known = tables.actors.get(actor)?.inbox.get(id);
      const isFresh = known === undefined;
      if (known?.state === 'parked' && random.below(2) === 0) return { op: 'revive', id, row: { ...row(), actor, id } };
      if (random.below(4) === 0 && !isFresh)
        return { op: 'attempt', id, attempts: random.below(5), dueAt: random.below(100) };
      if (random.below(3) === 0) return { op: 'open', id, row: isFresh ? { ...row(), actor, id } : null };
      const expiresAt = random.below(3) === 0 ? null : random.below(100);
      return { op: random.pick(['done', 'parked']), id, argsHash: tag, answer: bytes, expiresAt, fresh: isFresh };
    }),
    sends: Array.from({ length: random.below(3) }, row),
  };
}

export function tagOf(step: Step | undefined): string | undefined {
  if (step?.kind !== 'write') return undefined;
  return step.write.kind === 'append' ? step.write.writer : step.write.row.argsHash;
}

/** A store of memory that did these steps and nothing else. */
export async function replay(steps: readonly Step[]): Promise<MemoryTables> {
  const tables = new MemoryTables();
  const writer = new MemoryWriter(tables);
  for (const step of steps) {
    if (step.kind === 'write') writer.apply(step.write);
    else if (step.kind === 'truncate') await new MemoryJournalStorage(tables).truncate(step.actor, step.throughSeq);
    else await new MemoryInboxStorage(tables).sweep(step.nowMs, Infinity);
  }
  return tables;
}

/** Everything the tables say, in a form that compares. */
export function contents(tables: MemoryTables): string {
  const text = (bytes: Uint8Array | null): string | null => bytes && Buffer.from(bytes).toString('latin1');
  const actors = ACTORS.map((id) => {
    const actor = tables.actors.get(id);
    if (actor === undefined || (actor.head.status === 'absent' && actor.inbox.size === 0)) return null;
    return {
      head: actor.head,
      entries: actor.entries.map(({ seq, bytes }, i) => [seq, actor.firstSeq + i, text(bytes)]),
      inbox: Array.from(actor.inbox.values(), (row) => ({
        ...row,
        message: text(row.message),
        answer: text(row.answer),
      })),
      live: Array.from(actor.live, ([key, row]) => [key, actor.inbox.get(key) === row]),
      isWaiting: tables.waiting.get(id) === actor,
      parked: tables.parked.get(id) ?? 0,
    };
  });
  return JSON.stringify([actors, expiring(tables)]);
}

function expiring(tables: MemoryTables): unknown[] {
  const rows: InboxRow[] = [];
  for (let row = tables.expiring.take(Infinity); row !== undefined; row = tables.expiring.take(Infinity))
    rows.push(row);
  for (const row of rows) tables.expiring.add(row.expiresAt as number, row);
  return rows
    .filter((row) => tables.actors.get(row.actor)?.inbox.get(row.id) === row) // T3
    .map(
      ({ actor, id, expiresAt }) => `${actor} ${id} ${expiresAt} ${tables.actors.get(actor)?.inbox.get(id)?.expiresAt}`,
    )
    .sort();
}
