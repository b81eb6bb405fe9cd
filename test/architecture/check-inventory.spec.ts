import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const checker = join(__dirname, '../../tools/check-inventory.mjs');

type Status = 'passed' | 'failed' | 'pending';

describe('inventory check', () => {
  let project: string;

  beforeEach(() => {
    project = mkdtempSync(join(tmpdir(), 'inventory-'));
  });

  afterEach(() => {
    rmSync(project, { recursive: true });
  });

  function write(file: string, content: unknown): void {
    mkdirSync(dirname(join(project, file)), { recursive: true });
    writeFileSync(join(project, file), JSON.stringify(content));
  }

  /** Two promised rows, one spec file whose tests ended as given. */
  function check(inventory: unknown, tests: Record<string, Status>): { status: number | null; gaps: string[] } {
    write('test/inventory-rows.json', { Actors: ['AX01'], Journaling: ['JR01'] });
    write('test/inventory.json', inventory);
    write('.cache/jest-results.json', {
      testResults: [
        {
          name: join(project, 'test/a.spec.ts'),
          assertionResults: Object.entries(tests).map(([fullName, status]) => ({ fullName, status })),
        },
      ],
    });
    const { status, stderr } = spawnSync(process.execPath, [checker, project], { encoding: 'utf8' });
    return { status, gaps: stderr.split('\n').filter(Boolean) };
  }

  const counts = { file: 'test/a.spec.ts', test: 'counts' };
  const replays = { file: 'test/a.spec.ts', test: 'replays' };
  const passed = { 'an actor counts': 'passed', 'a journal replays': 'passed' } as const;

  it('passes when each row has tests that ran and passed', () => {
    expect(check({ AX01: counts, JR01: [counts, replays] }, passed)).toEqual({ status: 0, gaps: [] });
  });

  it.each([
    ['a row without a test', { AX01: counts }, passed, 'JR01: no test is named'],
    ['a row with an empty list', { AX01: counts, JR01: [] }, passed, 'JR01: no test is named'],
    [
      'a row nobody promised',
      { AX01: counts, JR01: replays, ZZ99: counts },
      passed,
      'ZZ99: not a row of test/inventory-rows.json',
    ],
    [
      'a file that was not run',
      { AX01: counts, JR01: { file: 'test/b.spec.ts', test: 'replays' } },
      passed,
      'JR01: test/b.spec.ts was not run',
    ],
    [
      'a test that is not there',
      { AX01: counts, JR01: { file: 'test/a.spec.ts', test: 'forgets' } },
      passed,
      'JR01: test/a.spec.ts has no test "forgets"',
    ],
    [
      'a test without a name',
      { AX01: counts, JR01: { file: 'test/a.spec.ts', test: '' } },
      passed,
      'JR01: a test of test/a.spec.ts must be named',
    ],
    [
      'a test that failed',
      { AX01: counts, JR01: replays },
      { ...passed, 'a journal replays': 'failed' },
      'JR01: "a journal replays" of test/a.spec.ts is failed',
    ],
    [
      'a test that was skipped',
      { AX01: counts, JR01: replays },
      { ...passed, 'a journal replays': 'pending' },
      'JR01: "a journal replays" of test/a.spec.ts is pending',
    ],
  ] as const)('refuses %s', (_, inventory, tests, gap) => {
    expect(check(inventory, tests)).toEqual({ status: 1, gaps: [gap] });
  });
});
