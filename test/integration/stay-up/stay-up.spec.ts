import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

const root = join(__dirname, '../../..');

describe('an application without a server', () => {
  let program: ChildProcess;
  let printed: string[];
  let ended: Promise<unknown>;
  afterEach(() => void program.kill('SIGKILL'));

  function start(word: string): void {
    const args = ['-r', './test/register.cjs', join(__dirname, 'stay-up.program.ts'), word];
    program = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
    printed = [];
    program.stdout?.on('data', (text: Buffer) => printed.push(...text.toString().trim().split('\n')));
    ended = once(program, 'close').then(([code, signal]) => [code, signal]);
  }

  it('does not end while somebody waits for an answer', async () => {
    start('ask');
    expect(await ended).toEqual([0, null]);
    expect(printed).toEqual(['worked', 'answered', 'ready']);
  });

  it('does not end while a message is at work, and ends by itself then', async () => {
    start('tell');
    expect(await ended).toEqual([0, null]);
    expect(printed).toEqual(['ready', 'worked']);
  });

  it('does not end before it is closed: running turns and hooks have their time', async () => {
    start('close');
    expect(await ended).toEqual([0, null]);
    expect(printed).toEqual(['worked', 'deactivated', 'ready']);
  });

  it('ends when it has nothing to do', async () => {
    start('nothing');
    expect(await ended).toEqual([0, null]);
    expect(printed).toEqual(['ready']);
  });

  it('as a worker (keepAlive) it stays up until it is closed', async () => {
    start('worker');
    const times = (word: string): number => printed.filter((each) => each === word).length;
    while (times('idle') < 2 && program.exitCode === null)
      await Promise.race([once(program.stdout as NodeJS.ReadableStream, 'data'), ended]);
    program.kill('SIGTERM'); // it was idle once, and is there
    expect(await ended).toEqual([0, null]);
    expect(printed[0]).toBe('ready');
    expect(times('closed')).toBe(1);
  });
});
