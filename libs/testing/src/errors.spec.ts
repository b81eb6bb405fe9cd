import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { PlexSpacesError } from '#spi';
import * as errors from './errors';

type ErrorClass = new (...args: never[]) => PlexSpacesError;

/** Rows `| \`Name\` | \`PS_CODE\` | … |` of the README. */
function errorTable(): Record<string, string> {
  const rows = readFileSync(join(__dirname, '../README.md'), 'utf8').matchAll(/^\| `(\w+)` \| `(PS_\w+)` \| .+ \|$/gm);
  return Object.fromEntries(Array.from(rows, ([, name, code]) => [name!, code!]));
}

/** Code by class, from the sources: some are made of facts that only a real run has. */
const FOLDER = join(__dirname, 'errors');
const codes = new Map(
  readdirSync(FOLDER)
    .map((file) => readFileSync(join(FOLDER, file), 'utf8'))
    .flatMap((text) => [...text.matchAll(/class (\w+) extends PlexSpacesError \{\s+readonly code = '(PS_\w+)'/g)])
    .map(([, name, code]) => [name!, code!]),
);

const names = Object.values(errors as Record<string, unknown>)
  .filter((value): value is ErrorClass => typeof value === 'function' && value.prototype instanceof PlexSpacesError)
  .map(({ name }) => name);

describe('the errors of testing', () => {
  it('are in the table of the README, all of them and no others', () => {
    expect([...codes.keys()].sort()).toEqual(names.sort());
    expect(errorTable()).toEqual(Object.fromEntries(codes));
  });

  it('have a code of their own', () => {
    expect(new Set(codes.values()).size).toBe(codes.size);
    expect(codes.size).toBeGreaterThan(5);
  });
});
