import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PlexSpacesError } from '#spi';
import * as errors from './errors';

/** Rows `| \`Name\` | \`PS_CODE\` | … |` of the README. */
function errorTable(): Record<string, string> {
  const rows = readFileSync(join(__dirname, '../README.md'), 'utf8').matchAll(/^\| `(\w+)` \| `(PS_\w+)` \| .+ \|$/gm);
  return Object.fromEntries(Array.from(rows, ([, name, code]) => [name!, code!]));
}

const codes = Object.values(errors).map((type) => [type.name, new type('actor', 'name', [] as never).code] as const);

describe('the errors of facets', () => {
  it('are in the table of the README, all of them and no others', () => {
    expect(errorTable()).toEqual(Object.fromEntries(codes));
  });

  it('have a code of their own, and say what happened, to whom, and what to do', () => {
    expect(new Set(codes.map(([, code]) => code)).size).toBe(codes.length);
    const error = new errors.TimerLimitError('t/n/session/1', 'cleanup', 3);
    expect(error).toBeInstanceOf(PlexSpacesError);
    expect(error.message).toMatch(/t\/n\/session\/1 has 3 timers.*"cleanup".*Cancel one/);
    expect(new errors.ReminderNotFoundError('t/n/report/1', 'daily', ['weekly']).message).toContain('weekly');
  });
});
