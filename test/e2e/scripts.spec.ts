import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const root = join(__dirname, '../..');

describe('scripts', () => {
  it('run.sh runs the example from anywhere and passes its options on (EX07)', () => {
    const { status, stdout } = spawnSync(
      join(root, 'scripts/run.sh'),
      ['--json', '--storage', 'memory', '--messages', '30'],
      { cwd: '/', encoding: 'utf8' },
    );
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ ok: true });
  }, 120_000);
});
