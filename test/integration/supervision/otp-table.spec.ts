import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const README = join(__dirname, '../../../libs/core/src/supervision/README.md');
const specs = readdirSync(__dirname)
  .filter((name) => name.endsWith('.spec.ts') && name !== 'otp-table.spec.ts')
  .map((name) => readFileSync(join(__dirname, name), 'utf8'))
  .join('\n');

/** Titles of the tests there are, as they are written. */
const titles = new Set(
  [...specs.matchAll(/\bit(?:\.each\(\[[\s\S]*?\](?: as const)?\))?\(\s*(['`])(.+?)\1,/g)].map(([, , title]) => title),
);

const rows = readFileSync(README, 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| OTP') && !line.startsWith('| ---'))
  .map((line) => line.split('|').map((cell) => cell.trim()));

describe('the OTP table of the README', () => {
  it('has rows', () => {
    expect(rows.length).toBeGreaterThan(20);
  });

  it.each(rows.map(([, otp, , test]) => [otp, test]))('%s', (_, test) => {
    expect(titles).toContain(test);
  });
});
