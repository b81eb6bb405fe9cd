import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { temporaryFolder } from './backends';

// A killed process loses nothing that the kernel has, so no kill shows whether a commit was flushed to the disk. The order of
// system calls does: between the last write to the WAL and the acknowledgement there is an fsync of the WAL.

const root = join(__dirname, '..', '..');
const folder = temporaryFolder();
const hasStrace = spawnSync('strace', ['-V']).status === 0;
const ACKNOWLEDGEMENTS = 100;

type Durability = 'full' | 'relaxed';

/** The system calls of a child that appends until it has acknowledged so many times, or of one that opens what it left. */
async function trace(durability: Durability, child = 'flush-until-killed'): Promise<string[]> {
  const log = join(await folder.path(), `${durability}.${child}.strace`);
  const calls = 'trace=write,pwrite64,fsync,fdatasync';
  const program = join(__dirname, 'children', `${child}.ts`);
  const node = [process.execPath, '-r', join(root, 'test', 'register.cjs'), program];
  const db = join(await folder.path(), `${durability}.db`);
  const strace = spawn('strace', ['-f', '-y', '-e', calls, '-o', log, ...node, db, durability], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'ignore'],
    detached: true, // a group of its own, so that the traced process ends with it
  });
  const ended = once(strace, 'exit');
  let count = 0;
  for await (const line of createInterface({ input: strace.stdout })) {
    if (line.startsWith('ack') && ++count === ACKNOWLEDGEMENTS) process.kill(-(strace.pid as number), 'SIGKILL');
  }
  await ended;
  return readFileSync(log, 'utf8').split('\n');
}

/** How many acknowledgements were written, and how many of them while the WAL held bytes not flushed. */
function judge(lines: readonly string[]): { acknowledged: number; tooEarly: number } {
  const syncing = new Set<string>();
  let isDirty = false;
  let [acknowledged, tooEarly] = [0, 0];
  for (const line of lines) {
    const thread = line.split(' ', 1)[0] as string;
    if (/pwrite64\(\d+<[^>]*-wal>/.test(line)) isDirty = true;
    else if (/f(data)?sync\(\d+<[^>]*-wal>/.test(line)) {
      if (line.includes('unfinished')) syncing.add(thread);
      else if (line.endsWith('= 0')) isDirty = false;
    } else if (/<\.\.\. f(data)?sync resumed>.*= 0$/.test(line) && syncing.delete(thread)) isDirty = false;
    else if (/write\(1<[^>]*>, "ack/.test(line)) {
      acknowledged++;
      if (isDirty) tooEarly++;
    }
  }
  return { acknowledged, tooEarly };
}

/** Was the WAL flushed before the first thing read from it was shown? */
function isFlushedFirst(lines: readonly string[]): boolean {
  const shown = lines.findIndex((line) => /write\(1<[^>]*>, "read/.test(line));
  expect(shown).toBeGreaterThan(0);
  return lines.slice(0, shown).some((line) => /f(data)?sync\(\d+<[^>]*-wal>/.test(line));
}

afterAll(() => folder.remove());

if (!hasStrace && process.env['CI'] !== undefined) throw new Error('strace must be installed in CI');

(hasStrace ? describe : describe.skip)('the order of system calls (strace)', () => {
  it('flushes the WAL before it acknowledges (J8)', async () => {
    const { acknowledged, tooEarly } = judge(await trace('full'));
    expect(acknowledged).toBeGreaterThanOrEqual(ACKNOWLEDGEMENTS - 1);
    expect(tooEarly).toBe(0);
  });

  it('would be seen to be wrong: a relaxed store acknowledges first', async () => {
    const { acknowledged, tooEarly } = judge(await trace('relaxed'));
    expect(acknowledged).toBeGreaterThanOrEqual(ACKNOWLEDGEMENTS - 1);
    expect(tooEarly).toBe(acknowledged);
  });

  it('flushes what a killed process left in the WAL before any of it is read (J15)', async () => {
    expect(isFlushedFirst(await trace('full', 'open-and-read'))).toBe(true);
    expect(isFlushedFirst(await trace('relaxed', 'open-and-read'))).toBe(false);
  });
});
