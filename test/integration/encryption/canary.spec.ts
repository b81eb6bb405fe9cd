import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CANARIES, NEVER_STORED } from './canaries';

const root = join(__dirname, '../../..');
const folders: string[] = [];
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true })));

function freshFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'plexspaces-canary-'));
  folders.push(folder);
  return folder;
}

/** Runs the program, which kills itself at its end, or sooner at a failpoint. @returns what it printed */
function run(folder: string, mode: string, codec: string, failpoints = ''): unknown {
  const args = ['-r', './test/register.cjs', join(__dirname, 'canary.program.ts'), folder, mode, codec];
  const { stdout, stderr, signal } = spawnSync(process.execPath, args, {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, PLEXSPACES_FAILPOINTS: failpoints },
  });
  if (signal !== 'SIGKILL') throw new Error(stderr);
  return stdout === '' ? null : (JSON.parse(stdout) as unknown);
}

/** Every file under the folder, the write-ahead log among them. @returns the canaries found in them */
function found(folder: string): string[] {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  expect(files.map(({ name }) => name)).toEqual(expect.arrayContaining(['journal.db', 'journal.db-wal']));
  const contents = files.map(({ parentPath, name }) => readFileSync(join(parentPath, name)));
  return Object.values(CANARIES).filter((canary) => contents.some((bytes) => bytes.includes(canary)));
}

describe.each(['msgpack', 'json'])(
  'secrets in arguments, answers, state, effects, errors, sends, checkpoints (%s)',
  (codec) => {
    const answer = { text: CANARIES.result, length: CANARIES.argument.length + CANARIES.effect.length };
    const printed = { answers: [answer, answer, answer], failure: `TerminalError: ${CANARIES.error}` };

    it.each(['turn.beforeCommit=kill@2', 'turn.afterCommit=kill@3'])(
      'are in no file of an encrypted store, killed at %s and recovered',
      (point) => {
        const folder = freshFolder();
        expect(run(folder, 'sealed', codec, point)).toBeNull();
        expect(found(folder)).toEqual([]);
        expect(run(folder, 'sealed', codec)).toEqual(printed);
        expect(found(folder)).toEqual([]);
      },
    );

    it('are all there to be found without encryption, but what is only hashed', () => {
      const folder = freshFolder();
      expect(run(folder, 'plain', codec, 'turn.afterCommit=kill@3')).toBeNull();
      expect(run(folder, 'plain', codec)).toEqual(printed);
      expect(found(folder)).toEqual(Object.values(CANARIES).filter((canary) => !NEVER_STORED.includes(canary)));
    });
  },
);
