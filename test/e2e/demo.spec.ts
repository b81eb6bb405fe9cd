// The tour as its user runs it: real processes, real kills, exit codes.
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HEADING, makeOrderFile } from '../../apps/demo/order-lines';
import { PLANTS } from '../../apps/demo/planted';

const root = join(__dirname, '../..');
const program = join(root, 'dist/apps/demo/main.js');
const minutes = 60_000;

interface Run {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface Report {
  readonly ok: boolean;
  readonly sections: readonly {
    readonly title: string;
    readonly claims: readonly { sentence: string; holds: boolean }[];
  }[];
  readonly [fact: string]: unknown;
}

function demo(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Run> {
  return new Promise((resolve) => {
    const options = { env: { ...process.env, ...env }, maxBuffer: 2 ** 26 };
    const child = execFile(process.execPath, [program, ...args], options, (_, stdout, stderr) =>
      resolve({ exitCode: child.exitCode, stdout, stderr }),
    );
  });
}

function failedClaims({ sections }: Report): string[] {
  return sections.flatMap(({ claims }) => claims.filter(({ holds }) => !holds).map(({ sentence }) => sentence));
}

async function report(...args: string[]): Promise<Report> {
  const { exitCode, stdout, stderr } = await demo(['--json', ...args]);
  const parsed = JSON.parse(stdout) as Report;
  expect({ exitCode, stderr, failed: failedClaims(parsed), ok: parsed.ok }).toEqual({
    exitCode: 0,
    stderr: '',
    failed: [],
    ok: true,
  });
  return parsed;
}

describe('npm run demo', () => {
  it(
    'shows the five features, one section each, and every claim holds through real kills (EX01 … EX06)',
    async () => {
      const tour = await report();
      expect(tour.sections.map(({ title }) => title)).toEqual([
        '1  Journaling',
        '2  Checkpoints',
        '3  Deterministic replay',
        '4  Side effect caching',
        '5  Exactly-once',
        'Time travel',
      ]);
      const kills = tour['kills'] as { point: string; signal: string }[];
      expect(new Set(kills.map(({ signal }) => signal))).toEqual(new Set(['SIGKILL']));
      expect(kills.map(({ point }) => point)).toEqual([
        'effect.afterIntent',
        'effect.afterCall',
        'effect.afterIntent',
        'effect.afterCall',
        'turn.beforeCommit',
        'commit.afterJournal',
        'commit.afterCommit',
        'reply.before',
        'outside',
      ]);
    },
    2 * minutes,
  );

  it(
    'is read by people as well: sections, a journal, no colour when it is not wanted',
    async () => {
      const { exitCode, stdout } = await demo(['--storage', 'memory', '--messages', '40'], { NO_COLOR: '1' });
      expect(exitCode).toBe(0);
      expect(stdout).not.toContain('\u001b[');
      for (const text of ['1  Journaling', 'MessageReceived', 'Memory does not survive its process', 'claims held.']) {
        expect(stdout).toContain(text);
      }
    },
    2 * minutes,
  );

  it.each(Object.keys(PLANTS))(
    'ends with exit code 1 when %s is planted (EX08)',
    async (plant) => {
      const storage = plant === 'resend-under-new-id' ? 'sqlite' : 'memory'; // nothing is sent again without a crash
      const args = ['--json', '--messages', '30', '--storage', storage];
      const { exitCode, stdout } = await demo(args, { PLEXSPACES_DEMO_PLANT: plant });
      const tour = JSON.parse(stdout) as Report;
      expect({ exitCode, ok: tour.ok }).toEqual({ exitCode: 1, ok: false });
      expect(failedClaims(tour)).not.toEqual([]);
    },
    2 * minutes,
  );

  it.each([
    ['--messages', '3'],
    ['--messages', 'many'],
    ['--storage', 'stone'],
    ['--seed', '-1'],
    ['--unknown', '1'],
  ])('refuses %s %s in a sentence, with exit code 2', async (option, value) => {
    const { exitCode, stderr } = await demo([option, value]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(option);
    expect(stderr).not.toContain('    at ');
  });
});

describe('npm run demo -- --input', () => {
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'plexspaces-orders-'));
  });

  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  function write(name: string, content: string): string {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  }

  /** The real lines where they are, seeded ones of the same shape elsewhere; it says which. */
  function orderFile(): string {
    const sample = join(root, '../shared/data/online-retail-sample.csv');
    if (existsSync(sample)) return sample;
    const seed = 20_101_201;
    process.stdout.write(`No sample of order lines found: using 4,792 seeded ones (seed ${seed}).\n`);
    return write('seeded.csv', makeOrderFile(seed, 4_792));
  }

  it(
    'books each order line once, through kills',
    async () => {
      const file = orderFile();
      const booked = await report('--input', file);
      const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean).length - 1;
      expect(booked).toMatchObject({ lines, malformed: [], kills: 4 });
    },
    2 * minutes,
  );

  it(
    'reports a malformed line with its number and books the others',
    async () => {
      const content = makeOrderFile(5, 200).split('\n');
      content.splice(10, 0, '536365,85123A,HEART,six,2010-12-01 08:26:00,2.55,17850.0,United Kingdom');
      const booked = await report('--input', write('malformed.csv', content.join('\n')));
      expect(booked).toMatchObject({
        lines: 200,
        kills: 1,
        malformed: [{ number: 11, reason: 'Quantity "six" is not a whole number' }],
      });
    },
    2 * minutes,
  );

  it.each([
    ['missing.csv', null, 'no such file'],
    ['other.csv', 'a,b\n1,2\n', 'The first line must be'],
    ['empty.csv', `${HEADING}\n`, 'has no order line'],
  ])('refuses %s in a sentence, with exit code 2', async (name, content, sentence) => {
    const file = content === null ? join(folder, name) : write(name, content);
    const { exitCode, stderr } = await demo(['--input', file]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(sentence);
    expect(stderr).not.toContain('    at ');
  });
});
