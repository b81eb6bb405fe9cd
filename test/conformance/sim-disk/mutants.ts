import type { AppendWrite, Outcome, Write } from '#spi';
import { SimDisk, type SimDiskOptions } from '../../../libs/testing/src/simulation/disk';
import type { MakeDisk } from './world';

/** A disk with a planted bug. One that no case notices would let the runtime get away with the same. */
export interface DiskMutant {
  readonly bug: string;
  /** How the cases begin that have to fail. */
  readonly noticedBy: readonly string[];
  readonly plant: (disk: SimDisk) => void;
}

type Engine = SimDisk['engine'];
type Apply = Engine['apply'];

/** Replaces `apply`; `real` applies for good. */
function applying(change: (write: Write, syncs: boolean, real: Apply, engine: Engine) => Outcome): DiskMutant['plant'] {
  return ({ engine }) => {
    const real = engine.apply.bind(engine);
    engine.apply = (write, syncs) => change(write, syncs, real, engine);
  };
}

/** In several transactions what should be one. @returns the outcome of the last. */
function inParts(change: (write: AppendWrite) => readonly Write[]): DiskMutant['plant'] {
  return applying((write, syncs, real) => {
    if (write.kind === 'accept') return real(write, syncs);
    let outcome: Outcome | undefined;
    for (const part of change(write)) {
      outcome = real(part, syncs);
      if (outcome.kind !== 'committed' && outcome.kind !== 'accepted') return outcome;
    }
    return { kind: 'committed', head: { seq: write.expected.seq + write.entries.length, epoch: write.epoch } };
  });
}

export const mutants: readonly DiskMutant[] = [
  {
    bug: 'acknowledges before it syncs',
    noticedBy: ['a flush is not acknowledged', 'nobody is told', 'every request takes'],
    plant: ({ engine: { log } }) => void (log.isSynced = () => true),
  },
  {
    bug: 'acknowledges what a power failure took',
    noticedBy: ['a power failure keeps', 'a power failure rejects what'],
    plant: ({ engine: { log } }) => {
      const sync = log.sync.bind(log);
      log.sync = (mark) => sync(mark) || true;
    },
  },
  {
    bug: 'keeps the first entry of a torn write',
    noticedBy: ['a power failure keeps', 'a write torn'],
    plant: inParts((write) => {
      const { expected, epoch, entries } = write;
      if (entries.length < 2) return [write];
      const head = { seq: expected.seq + 1, epoch };
      return [
        { ...write, entries: entries.slice(0, 1), inbox: [], sends: [] },
        { ...write, expected: head, entries: entries.slice(1) },
      ];
    }),
  },
  {
    bug: 'sends outside the commit',
    noticedBy: ['a power failure keeps', 'a write torn'],
    plant: inParts((write) => [
      { ...write, sends: [] },
      ...write.sends.map((row) => ({ kind: 'accept', row }) as const),
    ]),
  },
  {
    bug: 'does not compare the head row',
    noticedBy: ['a paused life'],
    plant: applying((write, syncs, real, { tables }) => {
      const head = write.kind === 'append' ? tables.actors.get(write.actor)?.head : undefined;
      if (write.kind === 'accept' || head === undefined) return real(write, syncs);
      const entries = write.entries.map((entry, i) => ({ ...entry, seq: head.seq + 1 + i }));
      return real({ ...write, expected: head, epoch: Math.max(head.epoch, 1), entries }, syncs);
    }),
  },
  {
    bug: 'forgets which message ids it knows',
    noticedBy: ['a message id'],
    plant: applying((write, syncs, real, { tables }) => {
      if (write.kind === 'accept') tables.actors.get(write.row.actor)?.inbox.delete(write.row.id);
      return real(write, syncs);
    }),
  },
  {
    bug: 'takes the writes that a dying process had made',
    noticedBy: ['the death of a process'],
    plant: ({ engine }) => void (engine.endLife = () => engine.log.losePower(engine.log.unsyncedCount)),
  },
  {
    bug: 'loses nothing with the power',
    noticedBy: ['a power failure keeps'],
    plant: ({ engine: { log } }) => {
      const losePower = log.losePower.bind(log);
      log.losePower = () => losePower(0);
    },
  },
  {
    bug: 'loses all that is not acknowledged with the power',
    noticedBy: ['a write torn'],
    plant: ({ engine: { log } }) => {
      const losePower = log.losePower.bind(log);
      log.losePower = () => losePower(log.unsyncedCount);
    },
  },
  {
    bug: 'applies nothing of a commit that fails applied',
    noticedBy: ['a commit that fails applied', 'a save fails'],
    plant: ({ engine: { faults } }) => {
      const fateOf = faults.fateOf.bind(faults);
      faults.fateOf = (...request) => {
        const fate = fateOf(...request);
        return fate.answers === 'error' ? { ...fate, applies: false } : fate;
      };
    },
  },
  {
    bug: 'applies a commit that fails unapplied',
    noticedBy: ['a commit that fails unapplied', 'a full disk'],
    plant: ({ engine: { faults } }) => {
      const fateOf = faults.fateOf.bind(faults);
      faults.fateOf = (...request) => ({ ...fateOf(...request), applies: true });
    },
  },
  {
    bug: 'answers a commit that should hang',
    noticedBy: ['a commit that never'],
    plant: ({ engine: { faults } }) => {
      const fateOf = faults.fateOf.bind(faults);
      faults.fateOf = (...request) => {
        const fate = fateOf(...request);
        return fate.answers === 'never' ? { ...fate, answers: 'error' } : fate;
      };
    },
  },
  {
    bug: 'stays full',
    noticedBy: ['healing'],
    plant: ({ engine: { faults } }) => void (faults.heal = () => undefined),
  },
  {
    bug: 'never fails a read',
    noticedBy: ['a read fails once'],
    plant: ({ engine: { faults } }) => void (faults.readFails = () => false),
  },
  {
    bug: 'takes no time',
    noticedBy: ['every request takes', 'a life whose clock'],
    plant: ({ engine: { faults } }) => void (faults.latency = () => 0),
  },
  {
    bug: 'lets the dead write',
    noticedBy: ['nothing of a dead life'],
    plant: (disk) => {
      const open = disk.open.bind(disk);
      disk.open = (clock) => Object.assign(open(clock), { die: () => undefined });
    },
  },
  {
    bug: 'answers a save before the file is there',
    noticedBy: ['a save that was answered', 'a save under way when its process', 'a power failure rejects a save'],
    plant: ({ engine: { checkpoints } }) => void (checkpoints.finish = () => true),
  },
  {
    bug: 'puts a torn file in the place of a sound one',
    noticedBy: ['a checkpoint that is replaced'],
    plant: ({ engine: { checkpoints } }) => {
      const begin = checkpoints.begin.bind(checkpoints);
      checkpoints.begin = (save) => {
        const { actor, seq, time, bytes } = save.record;
        void checkpoints.stored.save({ actor, seq, time, bytes: bytes.subarray(0, 2) }, Infinity);
        return begin(save);
      };
    },
  },
  {
    bug: 'never tears a file',
    noticedBy: ['a save under way when the power'],
    plant: ({ engine: { faults } }) => {
      const { choices } = faults;
      const below = choices.below.bind(choices);
      choices.below = (bound, label) => (label === 'power.save' ? below(bound, label) % 2 : below(bound, label));
    },
  },
  {
    bug: 'lets the only sound checkpoint rot',
    noticedBy: ['the newest checkpoint', 'whatever became'],
    plant: ({ engine: { checkpoints, tables, faults } }) => {
      checkpoints.rot = (actor) => {
        const newest = tables.checkpoints.get(actor)?.at(-1);
        if (newest !== undefined && faults.checkpointRots()) newest.bytes[0] = (newest.bytes[0] as number) ^ 1;
      };
    },
  },
];

export function mutated({ plant }: DiskMutant): MakeDisk {
  return (options: SimDiskOptions) => {
    const disk = new SimDisk(options);
    plant(disk);
    return disk;
  };
}
