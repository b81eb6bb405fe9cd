import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

const root = join(__dirname, '../..');

interface TsConfig {
  readonly compilerOptions: { readonly paths: Readonly<Record<string, readonly string[]>> };
}

describe('aliases', () => {
  it('mean the same to the compiler as to package.json', () => {
    const { sources } = jest.requireActual<{ sources: Map<string, string> }>('../../tools/sources.cjs');
    const { compilerOptions } = JSON.parse(readFileSync(join(root, 'tsconfig.json'), 'utf8')) as TsConfig;

    const compiled = Object.entries(compilerOptions.paths).map(([alias, [target]]) => [alias, target]);
    const run = [...sources].map(([alias, source]) => [alias, `./${relative(root, source)}`]);
    expect(Object.fromEntries(compiled)).toEqual(Object.fromEntries(run));
  });
});
