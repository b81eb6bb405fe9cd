import type {
  AppendWrite,
  CheckpointRecord,
  EntryRecord,
  InboxChange,
  InboxRow,
  NewInboxRow,
  Outcome,
  Storage,
  Write,
} from '#spi';
import { MemoryStorage, type MemoryTables } from '#storage/memory';
import { type Backend, type Case, checkpointCases, failuresOf, inboxCases, journalCases } from '#testing/conformance';

/**
 * Storages with one planted bug each. A suite that lets one of them pass would let the real thing pass as well, so
 * every mutant has to be killed, and by a case that names the rule it breaks.
 */
interface Mutant {
  readonly bug: string;
  /** The rule whose case is expected to notice. */
  readonly rule: string;
  readonly plant: (store: MemoryStorage) => void;
  readonly cases?: 'checkpoints';
}

type Flush = MemoryStorage['journal']['flush'];

/** Replaces `flush`; `real` applies writes for good. */
function flushing(
  change: (writes: readonly Write[], real: Flush, store: MemoryStorage) => Promise<readonly Outcome[]>,
): Mutant['plant'] {
  return (store) => {
    const real = store.journal.flush.bind(store.journal);
    store.journal.flush = (writes) => change(writes, real, store);
  };
}

/** Alters each append before it is applied. */
function appending(change: (write: AppendWrite, store: MemoryStorage) => AppendWrite): Mutant['plant'] {
  return flushing((writes, real, store) =>
    real(writes.map((write) => (write.kind === 'append' ? change(write, store) : write))),
  );
}

/** Entries on their way, of the mutant that shows them too early. */
const early = new Map<string, EntryRecord>();

/** Lets other tasks run in the middle of what should be one step. */
const pause = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const headOf = ({ tables }: MemoryStorage, actor: string): { seq: number; epoch: number } =>
  tables.actors.get(actor)?.head ?? { seq: 0, epoch: 0 };

/** The entries moved to where the head happens to be. */
function rebased(write: AppendWrite, { seq, epoch }: { seq: number; epoch: number }): AppendWrite {
  const entries = write.entries.map((entry, i) => ({ ...entry, seq: seq + 1 + i }));
  return { ...write, expected: { seq, epoch }, epoch: Math.max(epoch, write.epoch, 1), entries };
}

function rowOf(store: MemoryStorage, actor: string, id: string): InboxRow | undefined {
  return store.tables.actors.get(actor)?.inbox.get(id);
}

const mutants: Mutant[] = [
  {
    bug: 'no compare-and-set: every append goes to the end',
    rule: 'J2',
    plant: appending((write, store) => rebased(write, headOf(store, write.actor))),
  },
  {
    bug: 'compares seq, but not the epoch',
    rule: 'J2',
    plant: appending((write, store) => {
      const head = headOf(store, write.actor);
      return head.seq === write.expected.seq ? rebased(write, head) : write;
    }),
  },
  {
    bug: 'checks the head first and writes later',
    rule: 'J2',
    plant: flushing(async (writes, real, store) => {
      const heads = writes.map((write) => (write.kind === 'append' ? headOf(store, write.actor) : null));
      await pause();
      return real(
        writes.map((write, i) => {
          const head = heads[i];
          if (write.kind !== 'append' || head?.seq !== write.expected.seq || head.epoch !== write.expected.epoch)
            return write;
          return rebased(write, headOf(store, write.actor));
        }),
      );
    }),
  },
  {
    bug: 'inserts entries row by row',
    rule: 'J1',
    plant: flushing(async (writes, real) => {
      const outcomes: Outcome[] = [];
      for (const write of writes) {
        if (write.kind !== 'append' || write.entries.length < 2) {
          outcomes.push(...(await real([write])));
          continue;
        }
        let { expected } = write;
        for (const [i, entry] of write.entries.entries()) {
          const isLast = i === write.entries.length - 1;
          const one = { ...write, expected, entries: [entry], ...(isLast ? {} : { inbox: [], sends: [] }) };
          const [outcome] = (await real([one])) as [Outcome];
          if (outcome.kind === 'committed') expected = outcome.head;
          if (outcome.kind !== 'committed' || isLast) {
            outcomes.push(outcome);
            break;
          }
          await pause();
        }
      }
      return outcomes;
    }),
  },
  {
    bug: 'writes sends in a transaction of their own, after the commit',
    rule: 'J1',
    plant: flushing(async (writes, real) => {
      const outcomes = await real(writes.map((write) => (write.kind === 'append' ? { ...write, sends: [] } : write)));
      await pause();
      for (const [i, write] of writes.entries()) {
        if (write.kind !== 'append' || outcomes[i]?.kind !== 'committed') continue;
        await real(write.sends.map((row) => ({ kind: 'accept', row })));
      }
      return outcomes;
    }),
  },
  {
    bug: 'writes sends before it knows whether the append commits',
    rule: 'J1',
    plant: flushing(async (writes, real) => {
      const sends = writes.flatMap((write) => (write.kind === 'append' ? write.sends : []));
      await real(sends.map((row: NewInboxRow) => ({ kind: 'accept', row })));
      return real(writes);
    }),
  },
  {
    bug: 'drops the sends',
    rule: 'J1',
    plant: appending((write) => ({ ...write, sends: [] })),
  },
  {
    bug: 'numbers from one again after truncation',
    rule: 'J3',
    plant: (store) => {
      const truncate = store.journal.truncate.bind(store.journal);
      store.journal.truncate = async (actor, throughSeq) => {
        await truncate(actor, throughSeq);
        const held = store.tables.actors.get(actor);
        if (held?.entries.length === 0) held.head = { ...held.head, seq: 0 };
      };
    },
  },
  {
    bug: 'loses the head row when everything is truncated',
    rule: 'J3',
    plant: (store) => {
      const truncate = store.journal.truncate.bind(store.journal);
      store.journal.truncate = async (actor, throughSeq) => {
        await truncate(actor, throughSeq);
        if (store.tables.actors.get(actor)?.entries.length === 0) store.tables.actors.delete(actor);
      };
    },
  },
  {
    bug: 'truncates whole appends only',
    rule: 'J3',
    plant: (store) => {
      const truncate = store.journal.truncate.bind(store.journal);
      store.journal.truncate = (actor, throughSeq) => truncate(actor, throughSeq - (throughSeq % 5));
    },
  },
  {
    bug: 'ignores where a read should end',
    rule: 'J4',
    plant: (store) => {
      const read = store.journal.read.bind(store.journal);
      store.journal.read = (actor, afterSeq) => read(actor, afterSeq);
    },
  },
  {
    bug: 'shows appends before they are complete',
    rule: 'J4',
    plant: (store) => {
      const flush = store.journal.flush.bind(store.journal);
      const read = store.journal.read.bind(store.journal);
      store.journal.flush = async (writes) => {
        for (const write of writes)
          if (write.kind === 'append' && write.entries[0]) early.set(write.actor, write.entries[0]);
        await pause();
        const outcomes = await flush(writes);
        for (const write of writes) if (write.kind === 'append') early.delete(write.actor);
        return outcomes;
      };
      store.journal.read = async function* (actor, afterSeq, throughSeq) {
        yield* read(actor, afterSeq, throughSeq);
        const entry = early.get(actor);
        if (entry?.seq === headOf(store, actor).seq + 1) yield [entry];
      };
    },
  },
  {
    bug: 'one refused write makes its flush fail',
    rule: 'J5',
    plant: flushing(async (writes, real) => {
      const outcomes = await real(writes);
      const refused = outcomes.find(({ kind }) => kind !== 'committed' && kind !== 'accepted');
      return refused === undefined ? outcomes : outcomes.map(() => refused);
    }),
  },
  {
    bug: 'stops at the first refused write',
    rule: 'J5',
    plant: flushing(async (writes, real) => {
      const outcomes: Outcome[] = [];
      for (const write of writes) {
        const last = outcomes.at(-1);
        if (last?.kind === 'conflict') outcomes.push({ kind: 'failed', reason: 'aborted' });
        else outcomes.push(...(await real([write])));
      }
      return outcomes;
    }),
  },
  {
    bug: 'gives outcomes back in the order of completion',
    rule: 'J5',
    plant: flushing(async (writes, real) => [...(await real(writes))].reverse()),
  },
  {
    bug: 'applies accepts before appends',
    rule: 'J5',
    plant: flushing(async (writes, real) => {
      const order = writes
        .map((_, i) => i)
        .sort((a, b) => Number(writes[a]?.kind === 'append') - Number(writes[b]?.kind === 'append'));
      const done = await real(order.map((i) => writes[i] as Write));
      return writes.map((_, i) => done[order.indexOf(i)] as Outcome);
    }),
  },
  {
    bug: 'accepts a repeated message id',
    rule: 'J6',
    plant: flushing(async (writes, real) => {
      const outcomes = await real(writes);
      return outcomes.map((outcome, i) =>
        outcome.kind === 'duplicate' && writes[i]?.kind === 'accept' ? { kind: 'accepted' } : outcome,
      );
    }),
  },
  {
    bug: 'a second end overwrites the answer',
    rule: 'J6',
    plant: appending((write, store) => {
      for (const change of write.inbox) {
        if (change.op !== 'done' && change.op !== 'parked') continue;
        if (rowOf(store, write.actor, change.id)?.answer) store.tables.actors.get(write.actor)?.inbox.delete(change.id);
      }
      const inbox = write.inbox.map((change) =>
        'fresh' in change && rowOf(store, write.actor, change.id) === undefined ? { ...change, fresh: true } : change,
      );
      return { ...write, inbox };
    }),
  },
  {
    bug: 'refuses an append that sends a known id',
    rule: 'J6',
    plant: appending((write, store) => {
      const known = write.sends.some(({ actor, id }) => rowOf(store, actor, id) !== undefined);
      return known ? { ...write, expected: { seq: -1, epoch: write.expected.epoch } } : write;
    }),
  },
  {
    bug: 'keeps the caller’s buffers',
    rule: 'J9',
    plant: flushing(async (writes, real, { tables }) => {
      const outcomes = await real(writes);
      for (const [i, write] of writes.entries()) {
        if (write.kind === 'append' && outcomes[i]?.kind === 'committed') {
          tables.actors.get(write.actor)?.entries.splice(-write.entries.length, write.entries.length, ...write.entries);
        }
      }
      return outcomes;
    }),
  },
  {
    bug: 'looks at the caller’s buffers only after a while',
    rule: 'J9',
    plant: flushing(async (writes, real) => {
      await pause();
      return real(writes);
    }),
  },
  {
    bug: 'folds ids to lower case',
    rule: 'J9',
    plant: (store) => {
      const find = store.inbox.find.bind(store.inbox);
      store.inbox.find = async (actor, id) => (await find(actor, id)) ?? find(actor, id.toLowerCase());
    },
  },
  {
    bug: 'trims bytes at the first zero',
    rule: 'J9',
    plant: appending((write) => ({
      ...write,
      entries: write.entries.map(({ seq, bytes }) => ({
        seq,
        bytes: bytes.includes(0) ? bytes.subarray(0, bytes.indexOf(0)) : bytes,
      })),
    })),
  },
  {
    bug: 'goes on answering after close',
    rule: 'J10',
    plant: (store) => {
      store.journal.close = () => Promise.resolve();
    },
  },
  {
    bug: 'lists actors that only have mail',
    rule: 'J11',
    plant: (store) => {
      store.journal.actors = (prefix, after, limit) =>
        Promise.resolve(
          [...store.tables.actors.keys()]
            .filter((id) => id.startsWith(prefix) && id > after)
            .sort()
            .slice(0, limit),
        );
    },
  },
  {
    bug: 'lists waiting messages in the order of their due times',
    rule: 'I1',
    plant: (store) => {
      const pending = store.inbox.pending.bind(store.inbox);
      store.inbox.pending = async (actor) =>
        [...(await pending(actor))].sort((a, b) => (a.dueAt ?? 0) - (b.dueAt ?? 0));
    },
  },
  {
    bug: 'lists parked messages in the order of parking',
    rule: 'I1',
    plant: (store) => {
      const order: string[] = [];
      const { flush } = store.journal;
      const parked = store.inbox.parked.bind(store.inbox);
      store.journal.flush = (writes) => {
        for (const write of writes)
          if (write.kind === 'append') for (const { op, id } of write.inbox) if (op === 'parked') order.push(id);
        return flush.call(store.journal, writes);
      };
      store.inbox.parked = async (actor) =>
        [...(await parked(actor))].sort((a, b) => order.indexOf(a.id) - order.indexOf(b.id));
    },
  },
  {
    bug: 'takes back parked messages too',
    rule: 'I2',
    plant: appending((write, store) => {
      const isParked = ({ id }: InboxChange): boolean => rowOf(store, write.actor, id)?.state === 'parked';
      const inbox = write.inbox.flatMap((change): InboxChange[] => {
        if (!('sparesEnded' in change) || !isParked(change)) return [change];
        const row = { ...(rowOf(store, write.actor, change.id) as InboxRow), message: new Uint8Array(), dueAt: 0 };
        return [{ op: 'revive', id: change.id, row }, change];
      });
      return { ...write, inbox };
    }),
  },
  {
    bug: 'refuses an append that takes back a parked message',
    rule: 'I2',
    plant: appending((write) => ({
      ...write,
      inbox: write.inbox.map((change) => {
        if (!('sparesEnded' in change)) return change;
        const { sparesEnded: _, ...end } = change;
        return end;
      }),
    })),
  },
  {
    bug: 'refuses an append that takes back an answered message',
    rule: 'I2',
    plant: appending((write, store) => ({
      ...write,
      inbox: write.inbox.map((change) => {
        if (!('sparesEnded' in change) || rowOf(store, write.actor, change.id)?.state !== 'done') return change;
        const { sparesEnded: _, ...end } = change;
        return end;
      }),
    })),
  },
  {
    bug: 'refuses an append that takes back a message it has forgotten',
    rule: 'I2',
    plant: appending((write, store) => ({
      ...write,
      inbox: write.inbox.map((change) => {
        if (!('sparesEnded' in change) || rowOf(store, write.actor, change.id) !== undefined) return change;
        const { sparesEnded: _, ...end } = change;
        return end;
      }),
    })),
  },
  {
    bug: 'takes back answered messages too',
    rule: 'I2',
    plant: appending((write, store) => {
      for (const change of write.inbox) {
        const row = rowOf(store, write.actor, change.id);
        if ('sparesEnded' in change && row?.state === 'done') Object.assign(row, { answer: change.answer });
      }
      return write;
    }),
  },
  {
    bug: 'opens an ended message again',
    rule: 'I2',
    plant: appending((write, store) => {
      for (const { op, id } of write.inbox) {
        const row = rowOf(store, write.actor, id);
        if (op === 'open' && row?.state === 'done') store.tables.actors.get(write.actor)?.inbox.delete(id);
      }
      return write;
    }),
  },
  {
    bug: 'takes a change to a message that is not there for done',
    rule: 'I2',
    plant: appending((write, store) => ({
      ...write,
      inbox: write.inbox.filter(({ op, id }) => op !== 'attempt' || rowOf(store, write.actor, id) !== undefined),
    })),
  },
  {
    bug: 'does not find open messages due',
    rule: 'I3',
    plant: (store) => {
      const due = store.inbox.due.bind(store.inbox);
      store.inbox.due = async (atMs, limit) =>
        (await due(atMs, limit)).filter(({ actor }) =>
          [...(store.tables.actors.get(actor)?.live.values() ?? [])].some(
            ({ state, dueAt }) => state === 'queued' && (dueAt ?? 0) <= atMs,
          ),
        );
    },
  },
  {
    bug: 'counts the limit before it sorts',
    rule: 'I3',
    plant: (store) => {
      const due = store.inbox.due.bind(store.inbox);
      store.inbox.due = async (atMs, limit) => {
        const all = await due(atMs, Infinity);
        return [...all]
          .sort((a, b) => (a.actor < b.actor ? -1 : 1))
          .slice(0, limit)
          .sort((a, b) => a.dueAt - b.dueAt);
      };
    },
  },
  {
    bug: 'tells the time it was asked about as the next',
    rule: 'I3',
    plant: (store) => {
      const nextDue = store.inbox.nextDue.bind(store.inbox);
      store.inbox.nextDue = (afterMs) => nextDue(afterMs - 1);
    },
  },
  {
    bug: 'sweeps rows whose window is still open',
    rule: 'I4',
    plant: (store) => {
      const sweep = store.inbox.sweep.bind(store.inbox);
      store.inbox.sweep = (nowMs, limit) => sweep(nowMs + 1, limit);
    },
  },
  {
    bug: 'sweeps as much as there is',
    rule: 'I4',
    plant: (store) => {
      const sweep = store.inbox.sweep.bind(store.inbox);
      store.inbox.sweep = (nowMs) => sweep(nowMs, Infinity);
    },
  },
  {
    bug: 'the checkpoint saved last is the latest',
    rule: 'C2',
    cases: 'checkpoints',
    plant: (store) => {
      const last = new Map<string, CheckpointRecord>();
      const { checkpoints } = store;
      const [save, latest] = [checkpoints.save.bind(checkpoints), checkpoints.latest.bind(checkpoints)];
      checkpoints.save = async (record, keep) => {
        await save(record, keep);
        last.set(record.actor, { ...record, bytes: new Uint8Array(record.bytes) });
      };
      checkpoints.latest = async (actor, throughSeq) =>
        throughSeq === undefined ? (last.get(actor) ?? null) : latest(actor, throughSeq);
    },
  },
  {
    bug: 'keeps the checkpoints saved last',
    rule: 'C3',
    cases: 'checkpoints',
    plant: ({ checkpoints, tables }) => {
      const save = checkpoints.save.bind(checkpoints);
      checkpoints.save = async (record, keep) => {
        await save(record, Infinity);
        const held = tables.checkpoints.get(record.actor) ?? [];
        while (held.length > Math.max(1, keep)) held.splice(held[0]?.seq === record.seq ? 1 : 0, 1);
      };
    },
  },
  {
    bug: 'keeps one checkpoint too few',
    rule: 'C3',
    cases: 'checkpoints',
    plant: ({ checkpoints }) => {
      const save = checkpoints.save.bind(checkpoints);
      checkpoints.save = (record, keep) => save(record, keep - 1);
    },
  },
  {
    bug: 'replaces a checkpoint in place while it is read',
    rule: 'C1',
    cases: 'checkpoints',
    plant: ({ checkpoints, tables }) => {
      const save = checkpoints.save.bind(checkpoints);
      checkpoints.save = async (record, keep) => {
        await save({ ...record, bytes: record.bytes.subarray(0, record.bytes.length >> 1) }, keep);
        await pause();
        const held = tables.checkpoints.get(record.actor)?.find(({ seq }) => seq === record.seq) as
          { bytes: Uint8Array } | undefined;
        if (held !== undefined) held.bytes = new Uint8Array(record.bytes);
      };
    },
  },
  {
    bug: 'purges live actors too',
    rule: 'J13',
    plant: (store) => {
      const purge = store.journal.purge.bind(store.journal);
      store.journal.purge = (actors) => {
        for (const actor of actors) {
          const held = store.tables.actors.get(actor);
          if (held !== undefined) held.entries = [];
        }
        return purge(actors);
      };
    },
  },
  {
    bug: 'purges the head row as well',
    rule: 'J13',
    plant: (store) => {
      const purge = store.journal.purge.bind(store.journal);
      store.journal.purge = async (actors) => {
        const gone = await purge(actors);
        actors.forEach((actor, i) => gone[i] === true && store.tables.actors.delete(actor));
        return gone;
      };
    },
  },
  {
    bug: 'purges messages that wait',
    rule: 'J13',
    plant: (store) => {
      const purge = store.journal.purge.bind(store.journal);
      store.journal.purge = async (actors) => {
        const gone = await purge(actors);
        actors.forEach((actor, i) => gone[i] === true && store.tables.actors.get(actor)?.inbox.clear());
        return gone;
      };
    },
  },
  {
    bug: 'restores over what is there',
    rule: 'J14',
    plant: (store) => {
      const restore = store.journal.restore.bind(store.journal);
      store.journal.restore = (actor, entries, head) => {
        const held = store.tables.actors.get(actor);
        if (held !== undefined && head !== null) held.head = { ...held.head, seq: 0, epoch: 0 };
        return restore(actor, entries, head);
      };
    },
  },
  {
    bug: 'restores where a gap stays',
    rule: 'J14',
    plant: (store) => {
      const restore = store.journal.restore.bind(store.journal);
      store.journal.restore = async (actor, entries, head) => {
        const held = store.tables.actors.get(actor);
        if (await restore(actor, entries, head)) return true;
        if (head !== null || held === undefined || held.head.seq === 0 || entries.length === 0) return false;
        if (entries.at(-1)!.seq >= (held.entries[0]?.seq ?? held.head.seq)) return false;
        held.entries = [...entries, ...held.entries];
        held.firstSeq = entries[0]!.seq;
        return true;
      };
    },
  },
  {
    bug: 'lists answered messages in the order of acceptance',
    rule: 'I5',
    plant: ({ inbox, tables }) => {
      inbox.done = async (actor) =>
        Array.from(tables.actors.get(actor)?.inbox.values() ?? []).filter(({ state }) => state === 'done');
    },
  },
  {
    bug: 'lists actors with parked messages in the order in which they parked',
    rule: 'I6',
    plant: ({ inbox, tables }) => {
      inbox.actorsParked = async (prefix, after) => {
        const parked = [...tables.parked.keys()].filter((id) => id.startsWith(prefix));
        return after === '' ? parked : [];
      };
    },
  },
  {
    bug: 'keeps the newest checkpoint of a purged actor',
    rule: 'C6',
    cases: 'checkpoints',
    plant: ({ checkpoints, tables }) => {
      checkpoints.purge = async (actor) => void tables.checkpoints.get(actor)?.splice(0, 1);
    },
  },
];

function backend(plant: (store: MemoryStorage) => void): Backend<Storage> {
  let tables: MemoryTables | undefined;
  return {
    name: 'mutant',
    open: () => {
      const store = new MemoryStorage(tables);
      tables = store.tables;
      plant(store);
      return Promise.resolve(store);
    },
    destroy: () => Promise.resolve(),
  };
}

/** The checkpoint cases on a whole storage. */
const checkpointCasesOfStorage: readonly Case<Storage>[] = checkpointCases.map(({ name, run }) => ({
  name,
  run: ({ store, open }) => run({ store: store.checkpoints, open: async () => (await open()).checkpoints }),
}));

const casesOf = (mutant?: Mutant): readonly Case<Storage>[] =>
  mutant?.cases === 'checkpoints' ? checkpointCasesOfStorage : [...journalCases, ...inboxCases];

describe('the conformance suites', () => {
  it('let the honest store pass', async () => {
    const failures = await failuresOf(
      backend(() => undefined),
      [...casesOf(), ...checkpointCasesOfStorage],
    );
    expect([...failures]).toEqual([]);
  });

  it('have a case for each rule, and a rule for each case', () => {
    const rules = new Set(
      [...casesOf(), ...checkpointCases].flatMap(({ name }) => {
        const cited = name.match(/\b[JIC]\d+\b/g) ?? [];
        return cited.length === 0 ? [`${name} cites no rule`] : cited;
      }),
    );
    const expected = [
      'J1',
      'J2',
      'J3',
      'J4',
      'J5',
      'J6',
      'J8',
      'J9',
      'J10',
      'J11',
      'J13',
      'J14',
      'I1',
      'I2',
      'I3',
      'I4',
      'I5',
      'I6',
      'C1',
      'C2',
      'C3',
      'C4',
      'C5',
      'C6',
    ];
    // J7 speaks of a flush that fails: each adapter provokes that in its own way.
    expect([...rules].sort()).toEqual(expected.sort());
  });

  it.each(mutants.map((mutant) => [mutant.rule, mutant.bug, mutant] as const))(
    '%s: kill “%s”',
    async (rule, _, mutant) => {
      const failures = await failuresOf(backend(mutant.plant), casesOf(mutant));
      const named = [...failures.keys()].filter((name) => new RegExp(`\\b${rule}\\b`).test(name));
      expect(named).not.toEqual([]);
    },
  );
});
