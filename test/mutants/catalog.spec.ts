import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { transformSync } from '@swc/core';
import { MUTANTS } from './catalog';
import { DEFERRED_MUTANTS } from './catalog/deferred-mutants';
import { MACHINE_MUTANTS } from './catalog/machine-mutants';
import { SERVER_MUTANTS } from './catalog/server-mutants';
import { SUPERVISION_MUTANTS } from './catalog/supervision-mutants';
import { WAITS_MUTANTS } from './catalog/waits-mutants';

const { root, swcOptions } = jest.requireActual<{ root: string; swcOptions: object }>('../../tools/sources.cjs');
const { replaceOnce } = jest.requireActual<{ replaceOnce: (source: string, edit: object) => string }>('./plant.cjs');

describe('the catalog of planted bugs', () => {
  it('has at least twenty, each with a name of its own', () => {
    expect(MUTANTS.length).toBeGreaterThanOrEqual(20);
    expect(new Set(MUTANTS.map(({ name }) => name)).size).toBe(MUTANTS.length);
  });

  it.each(
    [
      ...MUTANTS,
      ...DEFERRED_MUTANTS,
      ...MACHINE_MUTANTS,
      ...SERVER_MUTANTS,
      ...SUPERVISION_MUTANTS,
      ...WAITS_MUTANTS,
    ].map((mutant) => [mutant.name, mutant] as const),
  )('%s: its edits fit the sources of today', (_, { edits }) => {
    const sources = new Map<string, string>();
    for (const edit of edits) {
      const source = sources.get(edit.file) ?? readFileSync(join(root, edit.file), 'utf8');
      sources.set(edit.file, replaceOnce(source, edit));
    }
    for (const [file, source] of sources)
      expect(() => transformSync(source, { ...swcOptions, filename: file })).not.toThrow();
  });

  it('refuses an edit that fits nowhere, or twice', () => {
    const edit = { file: 'a.ts', find: 'x', put: 'y' };
    expect(() => replaceOnce('abc', edit)).toThrow('a.ts has 0 places for the edit');
    expect(() => replaceOnce('axbx', edit)).toThrow('a.ts has 2 places for the edit');
    expect(replaceOnce('axb', edit)).toBe('ayb');
  });
});
