import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const root = join(__dirname, '../..');

interface CruiseResult {
  readonly summary: {
    readonly violations: readonly { readonly from: string; readonly rule: { readonly name: string } }[];
  };
}

/** What a clean project of our layout looks like: every door, and the packages the rules speak of. */
const project: Record<string, string> = {
  'src/index.ts': `export * from '#core'; export * from '#spi';`,
  'libs/spi/src/index.ts': `export const spi = 1;`,
  'libs/spi/src/private.ts': `export const hidden = 1;`,
  'libs/journal/src/index.ts': `export * from '#spi';`,
  'libs/core/src/index.ts': `export * from '#spi'; export * from '#journal'; export * from '#storage/memory'; export * from '#storage/by-url'; export * from '@nestjs/common';`,
  'libs/core/src/way-back.ts': `import './plant-21';`,
  'libs/storage/src/memory/index.ts': `export * from '#spi';`,
  'libs/storage/src/by-url/index.ts': `export * from '#spi'; export const open = () => import('../sqlite/index');`,
  'libs/storage/src/fs/index.ts': `export * from '#spi';`,
  'libs/storage/src/sqlite/index.ts': `import 'better-sqlite3'; export * from '#spi';`,
  'libs/storage/src/typeorm/index.ts': `import 'typeorm'; import '@nestjs/typeorm'; export * from '../sqlite/index';`,
  'libs/testing/src/index.ts': `import './app/app'; export * from '#core'; export * from '#journal'; export * from '#storage/memory';`,
  'libs/testing/src/app/app.ts': `import '@nestjs/testing';`,
  'libs/testing/src/conformance/index.ts': `export * from '#core'; export * from '#spi';`,
  'libs/cli/src/main.ts': `import '#journal'; import '#storage/sqlite'; import '#spi';`,
  'apps/demo/src/main.ts': `import 'plexspaces'; import 'plexspaces/typeorm'; import './local'; import 'typeorm';`,
  'apps/demo/src/local.ts': `export const local = 1;`,
  'bench/append.ts': `import '#testing/conformance'; import 'plexspaces';`,
  'test/chaos/crash.spec.ts': `import '#testing/conformance'; import '#journal';`,

  'package.json': JSON.stringify({
    name: 'plexspaces',
    optionalDependencies: { 'better-sqlite3': '*' },
    peerDependencies: { '@nestjs/common': '*', '@nestjs/testing': '*', '@nestjs/typeorm': '*', typeorm: '*' },
    devDependencies: {
      '@nestjs/common': '*',
      '@nestjs/testing': '*',
      '@nestjs/typeorm': '*',
      typeorm: '*',
      'fast-check': '*',
    },
  }),
  ...installed('typeorm', '@nestjs/typeorm', '@nestjs/common', '@nestjs/testing', 'better-sqlite3', 'fast-check'),
  'node_modules/@nestjs/common/decorators/index.js': '',
};

/** [rule, offending file, what it imports] */
const plants: readonly (readonly [rule: string, file: string, source: string])[] = [
  ['spi-imports', 'libs/spi/src/plant-1.ts', `import '#journal';`],
  ['storage-imports', 'libs/storage/src/fs/plant-2.ts', `import '#journal';`],
  ['journal-imports', 'libs/journal/src/plant-3.ts', `import '#storage/memory';`],
  ['core-imports', 'libs/core/src/plant-4.ts', `import '#storage/sqlite';`],
  ['facets-imports', 'libs/facets/src/plant-40.ts', `import '#journal';`],
  ['behaviors-imports', 'libs/behaviors/src/plant-41.ts', `import '#journal';`],
  ['cli-imports', 'libs/cli/src/plant-27.ts', `import '#core';`],
  ['testing-imports', 'libs/testing/src/plant-5.ts', `import '#storage/sqlite';`],
  ['known-library', 'libs/surprise/src/plant-6.ts', `import '#spi';`],
  ['arrows-point-down', 'libs/core/src/plant-7.ts', `import 'plexspaces';`],
  ['testing-stays-out', 'src/plant-8.ts', `import '#testing/conformance';`],
  ['testing-stays-out', 'apps/demo/src/plant-9.ts', `import 'plexspaces/testing/conformance';`],
  ['libraries-by-door', 'libs/core/src/plant-10.ts', `import '../../spi/src/private';`],
  ['libraries-by-door-from-src', 'src/plant-11.ts', `import '../libs/spi/src/private';`],
  ['libraries-by-alias', 'libs/core/src/plant-12.ts', `import '../../spi/src/index';`],
  ['libraries-by-alias', 'src/plant-13.ts', `import '../libs/core/src/index';`],
  ['apps-by-door', 'apps/demo/src/plant-14.ts', `import '../../../src/index';`],
  ['apps-by-door', 'apps/other/src/plant-15.ts', `import '../../demo/src/local';`],
  ['typeorm-only-in-its-adapter', 'libs/storage/src/sqlite/plant-16.ts', `import 'typeorm';`],
  ['typeorm-only-in-its-adapter', 'libs/core/src/plant-17.ts', `import type {} from '@nestjs/typeorm';`],
  ['sqlite-only-in-its-adapters', 'libs/storage/src/fs/plant-18.ts', `import 'better-sqlite3';`],
  ['pg-only-in-its-adapters', 'libs/storage/src/redis/plant-25.ts', `import 'pg';`],
  ['ioredis-only-in-its-adapter', 'libs/core/src/plant-26.ts', `import 'ioredis';`],
  ['nest-testing-only-in-the-kit', 'libs/core/src/plant-23.ts', `import '@nestjs/testing';`],
  [
    'nest-testing-only-in-the-kit',
    'libs/testing/src/conformance/plant-24.ts',
    `import type {} from '@nestjs/testing';`,
  ],
  ['no-deep-nest', 'libs/core/src/plant-19.ts', `import '@nestjs/common/decorators';`],
  ['no-dev-dependency', 'libs/testing/src/plant-20.suite.ts', `import 'fast-check';`],
  ['no-circular', 'libs/core/src/plant-21.ts', `import './way-back';`],
  ['testing-stays-out', 'apps/demo/src/plant-25.ts', `import 'plexspaces/testing';`],
  ['no-unresolvable', 'libs/core/src/plant-22.ts', `import './nowhere';`],
];

function installed(...names: string[]): Record<string, string> {
  const manifest = JSON.stringify({ main: 'index.js' });
  return Object.fromEntries(
    names.flatMap((name) => [
      [`node_modules/${name}/package.json`, manifest],
      [`node_modules/${name}/index.js`, ''],
    ]),
  );
}

/** Writes the clean project and the plants to an empty folder and reports the rules each file breaks. */
function cruise(): Map<string, Set<string>> {
  const folder = mkdtempSync(join(tmpdir(), 'borders-'));
  try {
    const files = { ...project, ...Object.fromEntries(plants.map(([, file, source]) => [file, source])) };
    for (const [file, source] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      writeFileSync(join(folder, file), source);
    }
    copyFileSync(join(root, 'tsconfig.json'), join(folder, 'tsconfig.json')); // the aliases are the real ones
    const program = join(root, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
    const options = ['--config', join(root, '.dependency-cruiser.cjs'), '--output-type', 'json'];
    const output = execFileSync(process.execPath, [program, ...options, 'src', 'libs', 'apps', 'bench', 'test'], {
      cwd: folder,
      encoding: 'utf8',
    });
    const broken = new Map<string, Set<string>>();
    for (const { from, rule } of (JSON.parse(output) as CruiseResult).summary.violations) {
      broken.set(from, (broken.get(from) ?? new Set()).add(rule.name));
    }
    return broken;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('borders between the libraries', () => {
  let broken: ReturnType<typeof cruise>;

  beforeAll(() => {
    broken = cruise();
  });

  it.each(plants)('%s reports %s', (rule, file) => {
    expect([...(broken.get(file) ?? [])]).toContain(rule);
  });

  it('leaves everything else alone', () => {
    const planted = new Set(plants.map(([, file]) => file));
    expect([...broken].filter(([file]) => !planted.has(file))).toEqual([]);
  });

  it('has a plant for every rule', () => {
    const { forbidden } = jest.requireActual<{ forbidden: { name: string }[] }>('../../.dependency-cruiser.cjs');
    expect(forbidden.map(({ name }) => name).sort()).toEqual([...new Set(plants.map(([rule]) => rule))].sort());
  });
});
