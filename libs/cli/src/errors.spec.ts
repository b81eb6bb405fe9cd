import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PlexSpacesError } from '#spi';
import * as errors from './errors';

type ErrorClass = new (...args: never[]) => PlexSpacesError;
interface Row {
  readonly code: string;
  readonly again: boolean;
}

/** Every error class that a module exports. As in libs/journal. */
function errorClasses(exported: Readonly<Record<string, unknown>>): ErrorClass[] {
  return Object.values(exported).filter(
    (value): value is ErrorClass => typeof value === 'function' && value.prototype instanceof PlexSpacesError,
  );
}

/** Rows `| \`Name\` | \`PS_CODE\` | yes | … |` of a README. */
function errorTable(readme: string): Record<string, Row> {
  const rows = readFileSync(readme, 'utf8').matchAll(/^\| `(\w+)` \| `(PS_\w+)` \| (yes|no) \| .+ \|$/gm);
  return Object.fromEntries(
    Array.from(rows, ([, name, code, again]) => [name!, { code: code!, again: again === 'yes' }]),
  );
}

/** Every constructor takes facts, so any facts make one. */
const made = errorClasses(errors).map((type) => Reflect.construct(type, ['a', 'b', 3]) as PlexSpacesError);

describe('the errors of cli', () => {
  it('are in the table of the README, all of them and no others', () => {
    const rows = made.map(({ name, code, retryable }) => [name, { code, again: retryable }]);
    expect(errorTable(join(__dirname, '../README.md'))).toEqual(Object.fromEntries(rows));
  });

  it('have a code of their own', () => {
    expect(new Set(made.map(({ code }) => code)).size).toBe(made.length);
    expect(made.length).toBeGreaterThan(1);
  });

  it('say what happened and what to do', () => {
    for (const { message } of made) expect(message).toMatch(/.{20,}[.]$/);
  });
});
