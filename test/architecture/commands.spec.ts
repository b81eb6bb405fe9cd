import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';

const root = join(__dirname, '../..');

/** Without the steps before it: other tests run from the build now. */
function npm(script: string, ...args: string[]): string {
  return execFileSync('npm', ['run', '--silent', '--ignore-scripts', script, '--', ...args], {
    cwd: root,
    encoding: 'utf8',
    stdio: 'pipe',
  });
}

function listed(script: string): string[] {
  const files = npm(script, '--listTests').split('\n').filter(Boolean);
  return files.map((file) => relative(root, file)).sort();
}

describe('commands', () => {
  it('test:journal runs every journaling test (EX13)', () => {
    const journaling = listed('jest').filter((file) => /^(libs\/(journal|storage)|test\/conformance)\//.test(file));
    expect(journaling).not.toEqual([]);
    expect(listed('test:journal')).toEqual(journaling);
  });

  it('test:integration runs the integration tests and no others (EX09)', () => {
    const integration = listed('jest').filter((file) => file.startsWith('test/integration/'));
    expect(integration).not.toEqual([]);
    expect(listed('test:integration')).toEqual(integration);
  });

  it.each([
    ['sqlite', /\/sqlite[^/]*\.spec\.ts$|^libs\/storage\/src\/sqlite\//, /from '\.\/(shop|databases)'/],
    [
      'postgres',
      /\/postgres[^/]*\.spec\.ts$/,
      /\/(private-postgres|postgres-server|postgres-database|databases|postgres-backend)'/,
    ],
    ['redis', /\/redis[^/]*\.spec\.ts$/, /\/(private-redis|redis-connection|redis\/backends|fault-run)'/],
  ])('test:%s runs all tests on that storage, and names only what is there (EX14)', (storage, named, using) => {
    const script = `test:${storage}`;
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };
    const run = listed(script);
    for (const path of scripts[script]?.split(' -- ')[1]?.split(' ') ?? [''])
      expect([path, run.filter((file) => file.startsWith(path.slice(2)))]).not.toEqual([path, []]);
    const own = listed('jest').filter(
      (file) =>
        /^(libs|test\/(conformance|integration|chaos))\//.test(file) &&
        (named.test(file) || using.test(readFileSync(join(root, file), 'utf8'))),
    );
    expect(own).not.toEqual([]);
    expect(own.filter((file) => !run.includes(file))).toEqual([]);
    for (const folder of ['test/conformance/', 'test/integration/']) expect(run.join('\n')).toContain(folder);
    expect(run.some((file) => /chaos|faults/.test(file))).toBe(true);
  });

  it('coverage writes HTML (EX15)', () => {
    const folder = mkdtempSync(join(tmpdir(), 'coverage-'));
    try {
      npm('coverage', '--coverageDirectory', folder, 'test/architecture/aliases');
      expect(existsSync(join(folder, 'index.html'))).toBe(true);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
