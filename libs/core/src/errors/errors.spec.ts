import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PlexSpacesError } from '#spi';
import * as errors from '../errors';

type ErrorClass = new (...args: never[]) => PlexSpacesError;

const README = join(__dirname, '../../README.md');
const classes = new Map(
  Object.entries(errors as Readonly<Record<string, unknown>>).filter(
    ([, value]) => typeof value === 'function' && value.prototype instanceof PlexSpacesError,
  ) as [string, ErrorClass][],
);

/** Rows `| \`Name\` | \`PS_CODE\` | yes | … |` of the README. */
function documented(): Map<string, { code: string; retryable: boolean }> {
  const rows = readFileSync(README, 'utf8').matchAll(/^\| `(\w+)` \| `(PS_\w+)` \| (yes|no) \| .+ \|$/gm);
  return new Map(
    [...rows].map(([, name, code, retryable]) => [name!, { code: code!, retryable: retryable === 'yes' }]),
  );
}

/** Every constructor takes facts, so any facts make one. */
function make(cls: ErrorClass): PlexSpacesError {
  const facts = (cls as unknown) === errors.CallCycleError ? [['a', 'b', 'a']] : ['a', ['b'], ['c.'], 'd', {}];
  return Reflect.construct(cls, facts) as PlexSpacesError;
}

describe('the errors of core', () => {
  it('are in the table of the README, all of them and no others', () => {
    const made = [...classes].map(([name, cls]) => [name, { code: make(cls).code, retryable: make(cls).retryable }]);
    expect(Object.fromEntries(documented())).toEqual(Object.fromEntries(made));
  });

  it('have a code of their own and the name of their class', () => {
    const codes = [...classes.values()].map((cls) => make(cls).code);
    expect(new Set(codes).size).toBe(codes.length);
    for (const [name, cls] of classes) expect(make(cls).name).toBe(name);
  });

  it('say what happened and what to do: more than one clause, ended by a full stop', () => {
    for (const cls of classes.values())
      if ((cls as unknown) !== errors.TerminalError) expect(make(cls).message).toMatch(/.{20,}[.]$/);
  });
});
