import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type ActorModel, assertHistory, readActors, readOperations } from 'plexspaces/testing';
import { STORAGE, type Storage } from 'plexspaces/spi';
import { TypeormStorageModule } from 'plexspaces/typeorm';
import { closeApps, startApp } from '../support/app';
import { Counter } from './slow-disk/counter';

// F28 on SQLite: each flush of the journal takes as long as strace makes it. Clients that lose patience know nothing;
// what they were told holds, and when the disk is fast again everybody gets on.

const root = join(__dirname, '../..');
const hasStrace = spawnSync('strace', ['-V']).status === 0;
if (!hasStrace && process.env['CI'] !== undefined) throw new Error('strace must be installed in CI');

/** So many complete rounds in a row are called progress. */
const PROGRESS = 20;

interface Slowness {
  /** In the words of `strace -e inject`: where the delay is put, in microseconds, and which of a thread's flushes it is for. */
  readonly inject: string;
  /** How long clients wait for an answer, in milliseconds. */
  readonly patience: number;
}

interface Round {
  readonly answered: number;
  readonly asked: number;
}

const counter: ActorModel<{ readonly value: number }> = {
  initial: { value: 0 },
  apply({ value }, { method, args }) {
    const next = value + (method === 'current' ? 0 : (args[0] as number));
    return { state: { value: next }, answer: next };
  },
  read: ({ value }) => value,
  tally: { of: (read) => read as number, adds: (_, args) => args[0] as number },
};

(hasStrace ? describe : describe.skip)('SQLite on a slow disk (strace)', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'plexspaces-slow-'))));
  afterEach(async () => {
    await closeApps();
    rmSync(folder, { recursive: true, force: true });
  });

  const database = (): string => join(folder, 'journal.db');
  const log = (): string => join(folder, 'operations');
  const calls = (): string => join(folder, 'calls.strace');
  const delays = (): number => readFileSync(calls(), 'utf8').split('(DELAYED)').length - 1;

  /** A node under strace, killed with it in the middle of a round, as soon as `isOver` says so of those before. */
  async function run({ inject, patience }: Slowness, isOver: (rounds: readonly Round[]) => boolean): Promise<void> {
    const options = ['-f', '-e', 'trace=fsync,fdatasync', '-e', `inject=fsync,fdatasync:${inject}`, '-o', calls()];
    const node = [process.execPath, '-r', join(root, 'test/register.cjs'), join(__dirname, 'slow-disk/node.ts')];
    const strace = spawn('strace', [...options, ...node, database(), log(), String(patience)], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'inherit'],
      detached: true, // a group of its own, so that the traced process ends with it
    });
    const ended = once(strace, 'close'); // not before the node is gone: it has the other end of the pipe as well
    const rounds: Round[] = [];
    for await (const line of createInterface({ input: strace.stdout })) {
      const round = /^round (\d+) of (\d+)$/.exec(line);
      if (round !== null) rounds.push({ answered: Number(round[1]), asked: Number(round[2]) });
      if (round !== null || !isOver(rounds)) continue;
      process.kill(-(strace.pid as number), 'SIGKILL');
      break;
    }
    strace.stdout.resume();
    await ended;
  }

  /** Another node on what is left: it ends what was begun, then everything is held against what the clients were told. */
  async function judge(): Promise<ReturnType<typeof assertHistory>> {
    const app = await startApp({ actors: [Counter], storage: TypeormStorageModule.sqlite(database()) });
    const storage = app.module.get<Storage>(STORAGE, { strict: false });
    const finals: Record<string, unknown> = {};
    for (const actor of await storage.journal.actors('', '', 100)) {
      const ref = app.client(Counter).ref(actor.split('/').at(-1) as string);
      while ((await storage.inbox.pending(actor)).length > 0) await ref.ask.current();
      finals[actor] = await ref.ask.current();
    }
    return assertHistory({
      operations: readOperations(log()),
      actors: await readActors(storage),
      models: { counter },
      finals,
      minOkShare: 0.5,
      faults: [{ name: 'a slow flush', fired: delays() }],
    });
  }

  const isComplete = ({ answered, asked }: Round): boolean => answered === asked;

  it.each(['delay_enter', 'delay_exit'])(
    'acknowledges nothing too early while flushes take longer than clients wait, and gets on when they do not any more (%s)',
    async (delay) => {
      // The 25th to 29th flush of each thread; each round takes the writer's at least one.
      await run({ inject: `${delay}=600000:when=25..29`, patience: 250 }, (rounds) => {
        const isThrough = rounds.length > 60 && rounds.some((round) => !isComplete(round));
        return isThrough && rounds.slice(-PROGRESS).every(isComplete);
      });
      const { ok, unknown } = await judge();
      expect(unknown).toBeGreaterThan(0);
      expect(ok).toBeGreaterThan(unknown);
    },
    120_000,
  );

  it('keeps what it acknowledged when it is killed while it waits for the disk', async () => {
    await run({ inject: 'delay_enter=100000:when=12+', patience: 20_000 }, (rounds) => rounds.length > PROGRESS);
    const { ok, operations } = await judge();
    expect(ok).toBeGreaterThanOrEqual(6 * PROGRESS);
    expect(operations).toBeGreaterThan(ok); // one round was under way
  }, 120_000);
});
