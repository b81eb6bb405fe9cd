import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PlexSpacesError } from '#spi';
import * as errors from './errors';

type ErrorClass = new (...args: never[]) => PlexSpacesError;

/** Rows `| \`Name\` | \`PS_CODE\` | … |` of the README. */
function errorTable(): Record<string, string> {
  const rows = readFileSync(join(__dirname, '../README.md'), 'utf8').matchAll(/^\| `(\w+)` \| `(PS_\w+)` \| .+ \|$/gm);
  return Object.fromEntries(Array.from(rows, ([, name, code]) => [name!, code!]));
}

/** Every constructor takes facts, so any facts make one. */
const made = Object.values(errors as Record<string, unknown>)
  .filter((value): value is ErrorClass => typeof value === 'function' && value.prototype instanceof PlexSpacesError)
  .map((type) => Reflect.construct(type, ['a', ['b'], 'c', 'd']) as PlexSpacesError);

describe('the errors of testing', () => {
  it('are in the table of the README, all of them and no others', () => {
    expect(errorTable()).toEqual(Object.fromEntries(made.map(({ name, code }) => [name, code])));
  });

  it('have a code of their own', () => {
    expect(new Set(made.map(({ code }) => code)).size).toBe(made.length);
    expect(made.length).toBeGreaterThan(5);
  });
});
