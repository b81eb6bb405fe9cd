import assert from 'node:assert/strict';
import { type Head, type InboxChange, type InboxState, type NewInboxRow, type Outcome, type Write } from '#spi';
import {
  anyBelow,
  append,
  bytesOf,
  DUE,
  ended,
  freshActor,
  type MessageStorage,
  plain,
  readAll,
  rowFor,
  textOf,
} from './builders';
import type { Case } from './case';
import { Random, seedOfRun } from './random';

const RUNS = 25;
const STEPS = 25;
const MESSAGES = ['m1', 'm2', 'm3', 'm4'] as const;

interface ModelRow {
  state: InboxState;
  answer: string | null;
  dueAt: number | null;
}

/** What one actor must look like, kept as plainly as can be. */
interface ModelActor {
  head: Head;
  entries: [number, string][];
  rows: Map<string, ModelRow>;
}

/** A store in a hundred naive lines: what the real one is compared with. */
class Model {
  readonly actors = new Map<string, ModelActor>();

  constructor(names: readonly string[]) {
    for (const name of names) this.actors.set(name, { head: { seq: 0, epoch: 0 }, entries: [], rows: new Map() });
  }

  actor(name: string): ModelActor {
    return this.actors.get(name) as ModelActor;
  }

  /** @returns the kind of the outcome. */
  apply(write: Write): Outcome['kind'] {
    if (write.kind === 'accept') return this.queue(write.row) ? 'accepted' : 'duplicate';
    const actor = this.actor(write.actor);
    if (actor.head.seq !== write.expected.seq || actor.head.epoch !== write.expected.epoch) return 'conflict';
    const rows = new Map([...actor.rows].map(([id, row]) => [id, { ...row }]));
    for (const change of write.inbox) {
      const refusal = changeRow(rows, change);
      if (refusal !== null) return refusal;
    }
    actor.rows = rows;
    actor.head = { seq: write.expected.seq + write.entries.length, epoch: write.epoch };
    for (const { seq, bytes } of write.entries) actor.entries.push([seq, textOf(bytes) as string]);
    for (const row of write.sends) this.queue(row);
    return 'committed';
  }

  private queue({ actor, id, dueAt }: NewInboxRow): boolean {
    const { rows } = this.actor(actor);
    if (rows.has(id)) return false;
    rows.set(id, { state: 'queued', answer: null, dueAt });
    return true;
  }
}

function changeRow(rows: Map<string, ModelRow>, change: InboxChange): 'duplicate' | 'failed' | null {
  const row = rows.get(change.id);
  if (change.op === 'revive') return reviveRow(row, change.row);
  const isNew = change.op === 'open' ? change.row !== null : change.op !== 'attempt' && change.fresh;
  const hasEnded = row?.state === 'done' || row?.state === 'parked';
  if ('sparesEnded' in change && (row === undefined || hasEnded)) return null;
  if (row === undefined && !isNew) return 'failed';
  if (row !== undefined && (isNew || hasEnded)) return 'duplicate';
  if (change.op === 'open')
    rows.set(change.id, { state: 'open', answer: null, dueAt: change.row?.dueAt ?? row?.dueAt ?? null });
  else if (change.op === 'attempt') (row as ModelRow).dueAt = change.dueAt;
  else rows.set(change.id, { state: change.op, answer: textOf(change.answer), dueAt: null });
  return null;
}

/** In place: a row of a map keeps its rank when it is changed. */
function reviveRow(row: ModelRow | undefined, { dueAt }: NewInboxRow): 'duplicate' | 'failed' | null {
  if (row === undefined) return 'failed';
  if (row.state !== 'parked') return 'duplicate';
  Object.assign(row, { state: 'queued', answer: null, dueAt });
  return null;
}

function randomChange(random: Random, actor: string): InboxChange {
  const id = random.pick(MESSAGES);
  switch (random.below(6)) {
    case 0:
      return { op: 'open', id, row: random.below(2) === 0 ? null : rowFor(actor, id) };
    case 1:
      return { op: 'attempt', id, attempts: random.below(9), dueAt: DUE + random.below(99) };
    case 2:
      return { op: 'revive', id, row: rowFor(actor, id, { message: bytesOf(`text ${random.below(99)}`) }) };
    case 3:
      return ended('done', id, `answer ${random.below(99)}`, { fresh: false, sparesEnded: true });
    default:
      return ended(random.pick(['done', 'parked']), id, `answer ${random.below(99)}`, {
        fresh: random.below(2) === 0,
      });
  }
}

function randomWrite(random: Random, model: Model, names: readonly string[]): Write {
  const name = random.pick(names);
  const message = bytesOf(`text ${random.below(99)}`);
  if (random.below(4) === 0) return { kind: 'accept', row: rowFor(name, random.pick(MESSAGES), { message }) };
  const { head } = model.actor(name);
  const stale = random.below(5) === 0;
  const expected = stale
    ? { seq: Math.max(0, head.seq - random.below(3)), epoch: Math.max(0, head.epoch - random.below(2)) }
    : head;
  const ids = [
    ...new Set(Array.from({ length: random.below(3) }, () => randomChange(random, name)).map((change) => change)),
  ];
  const changes = ids.filter(({ id }, i) => ids.findIndex((other) => other.id === id) === i);
  return append(
    name,
    expected,
    Array.from({ length: random.below(4) }, () => `entry ${random.below(99)}`),
    {
      epoch: expected.epoch + (expected.epoch === 0 || random.below(6) === 0 ? 1 : 0),
      inbox: changes,
      sends: Array.from({ length: random.below(3) }, () =>
        rowFor(random.pick(names), random.pick(MESSAGES), { message }),
      ),
    },
  );
}

async function compare({ journal, inbox }: MessageStorage, model: Model): Promise<void> {
  for (const [name, { head, entries, rows }] of model.actors) {
    const { seq, epoch } = await journal.head(name);
    assert.deepEqual({ seq, epoch }, head);
    assert.deepEqual(await readAll(journal, name), entries);
    for (const id of MESSAGES) {
      const row = plain(await inbox.find(name, id));
      assert.deepEqual(
        row && { state: row['state'], answer: row['answer'], dueAt: row['dueAt'] },
        rows.get(id) ?? null,
      );
    }
    const live = [...rows].filter(([, { state }]) => state === 'queued' || state === 'open').map(([id]) => id);
    const parked = [...rows].filter(([, { state }]) => state === 'parked').map(([id]) => id);
    assert.deepEqual(
      (await inbox.parked(name)).map(({ id }) => id),
      parked,
    );
    assert.deepEqual(await inbox.actorsParked(name, '', 2), parked.length === 0 ? [] : [name]);
    assert.deepEqual(
      (await inbox.pending(name)).map(({ id }) => id),
      live,
    );
  }
}

async function runOnce(handles: readonly MessageStorage[], seed: number): Promise<void> {
  const random = new Random(seed);
  const names = ['x', 'y', 'z'].map((label) => freshActor(label));
  const model = new Model(names);
  for (let step = 0; step < STEPS; step++) {
    const handle = random.pick(handles);
    if (random.below(8) === 0) {
      const name = random.pick(names);
      const actor = model.actor(name);
      const throughSeq = random.below(actor.head.seq + 2);
      await handle.journal.truncate(name, throughSeq);
      actor.entries = actor.entries.filter(([seq]) => seq > throughSeq);
    } else {
      const writes: Write[] = [];
      const expected: string[] = [];
      for (let i = random.below(4); i >= 0; i--) {
        const write = randomWrite(random, model, names);
        writes.push(write);
        expected.push(model.apply(write));
      }
      const outcomes = await handle.journal.flush(writes);
      assert.deepEqual(
        outcomes.map(({ kind }) => kind),
        expected,
      );
    }
    await compare(random.pick(handles), model);
  }
}

/** Random appends, stale appends, accepts, ends and truncations over two handles, compared after every step. */
export const journalModelCase: Case<MessageStorage> = {
  name: `behaves like a plain model of it in ${RUNS} random runs (J1–J6, I1, I2)`,
  async run({ store, open }) {
    const handles = [store, await open()];
    const first = seedOfRun(() => anyBelow(2 ** 31));
    for (let seed = first; seed < first + RUNS; seed++) {
      try {
        await runOnce(handles, seed);
      } catch (error) {
        throw new Error(`seed ${seed} (repeat with PLEXSPACES_SEED=${seed}): ${(error as Error).message}`, {
          cause: error,
        });
      }
    }
  },
};
