import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
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
