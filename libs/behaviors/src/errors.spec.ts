import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PlexSpacesError } from '#spi';
import * as errors from './errors';

/** Every constructor takes facts, so any facts make one. */
const made = Object.entries(errors as Record<string, new (...facts: unknown[]) => PlexSpacesError>).map(
  ([name, cls]) => [name, new cls('a', 'b', ['c'], ['d'], ['e'])] as const,
);

describe('the errors of behaviors', () => {
  it('are in the table of the README, all of them and no others', () => {
    const rows = readFileSync(join(__dirname, '../README.md'), 'utf8').matchAll(
      /^\| `(\w+)` \| `(PS_\w+)` \| .+ \|$/gm,
    );
    const documented = Object.fromEntries(Array.from(rows, ([, name, code]) => [name!, code!]));
    expect(documented).toEqual(Object.fromEntries(made.map(([name, { code }]) => [name, code])));
  });

  it('say what happened and what follows, ended by a full stop', () => {
    for (const [, { message }] of made) expect(message).toMatch(/.{20,}[.]$/);
  });
});
