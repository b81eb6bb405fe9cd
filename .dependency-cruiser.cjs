// The borders between the libraries: who may import whom, by which door, and who may load which driver.
// test/architecture/borders.spec.ts plants a file for every rule below.

/** Each library and what it may import besides itself. An entry is a library, or one door of it. */
const mayImport = {
  spi: [],
  storage: ['spi'],
  journal: ['spi'],
  core: ['journal', 'spi', 'storage/src/memory', 'storage/src/by-url'],
  facets: ['core', 'spi'],
  behaviors: ['core', 'spi'],
  cli: ['journal', 'spi', 'storage'],
  testing: ['core', 'journal', 'spi', 'storage/src/memory'],
};

/** A door is the index.ts of a library, or of a folder that has an entry of its own in "imports" of package.json. */
const doors =
  '^libs/[^/]+/src/((health|memory|fs|sqlite|postgres|redis|typeorm|by-url|conformance|timer|reminder)/)?index\\.ts$';

const shipped = '^(src|libs)/';
const packages = (...names) => `(^|node_modules/)(${names.join('|')})(/|$)`;

const directions = Object.entries(mayImport).map(([library, allowed]) => ({
  name: `${library}-imports`,
  comment: `libs/${library} may import ${allowed.join(', ') || 'no other library'}.`,
  severity: 'error',
  from: { path: `^libs/${library}/`, pathNot: '\\.spec\\.ts$' }, // a test may bring a store
  to: { path: '^libs/', pathNot: [library, ...allowed].map((folder) => `^libs/${folder}/`) },
}));

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...directions,
    {
      name: 'known-library',
      comment: 'A new library states in mayImport what it stands on.',
      severity: 'error',
      from: { path: '^libs/', pathNot: `^libs/(${Object.keys(mayImport).join('|')})/` },
      to: {},
    },
    {
      name: 'arrows-point-down',
      comment: 'A library knows neither the package it is part of nor those who use it.',
      severity: 'error',
      from: { path: '^libs/' },
      to: { path: '^(src|apps|bench|test)/' },
    },
    {
      name: 'testing-stays-out',
      comment: 'What ships does not import libs/testing; test/ and bench/ do.',
      severity: 'error',
      from: { path: '^(src|libs|apps)/', pathNot: '^libs/testing/' },
      to: { path: '^libs/testing/' },
    },
    {
      name: 'libraries-by-door',
      comment: 'A library is entered by its door, from another library …',
      severity: 'error',
      from: { path: '^libs/([^/]+)/' },
      to: { path: '^libs/', pathNot: ['^libs/$1/', doors] },
    },
    {
      name: 'libraries-by-door-from-src',
      comment: '… and from src/, which only re-exports.',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^libs/', pathNot: doors },
    },
    {
      name: 'libraries-by-alias',
      comment: 'Between libraries, and from src/, a door is named by its alias (#spi), not by a relative path.',
      severity: 'error',
      from: { path: '^(src|libs/[^/]+)/' },
      to: { path: '^libs/', pathNot: '^$1/', dependencyTypesNot: ['aliased'] },
    },
    {
      name: 'apps-by-door',
      comment: 'An app uses the package as its user does: by name. No folder of it, no other app.',
      severity: 'error',
      from: { path: '^(apps/[^/]+)/' },
      to: { path: '^(src|libs|apps|bench|test)/', pathNot: '^$1/', dependencyTypesNot: ['aliased'] },
    },
    {
      name: 'typeorm-only-in-its-adapter',
      comment: 'TypeORM is an optional peer; only ./typeorm loads it.',
      severity: 'error',
      from: { path: shipped, pathNot: '^libs/storage/src/typeorm/' },
      to: { path: packages('typeorm', '@nestjs/typeorm') },
    },
    {
      name: 'sqlite-only-in-its-adapters',
      comment: 'better-sqlite3 is optional; only the SQLite writer and the TypeORM door load it.',
      severity: 'error',
      from: { path: shipped, pathNot: '^libs/storage/src/(sqlite|typeorm)/' },
      to: { path: packages('better-sqlite3') },
    },
    {
      name: 'pg-only-in-its-adapters',
      comment: 'pg is an optional peer; only the Postgres writer and the TypeORM door load it.',
      severity: 'error',
      from: { path: shipped, pathNot: '^libs/storage/src/(postgres|typeorm)/' },
      to: { path: packages('pg') },
    },
    {
      name: 'ioredis-only-in-its-adapter',
      comment: 'ioredis is an optional peer; only ./redis loads it.',
      severity: 'error',
      from: { path: shipped, pathNot: '^libs/storage/src/redis/' },
      to: { path: packages('ioredis') },
    },
    {
      name: 'nest-testing-only-in-the-kit',
      comment: '@nestjs/testing is an optional peer; only ./testing loads it, and its conformance suites do without.',
      severity: 'error',
      from: { path: shipped, pathNot: ['^libs/testing/src/app/', '\\.spec\\.ts$'] },
      to: { path: packages('@nestjs/testing') },
    },
    {
      name: 'no-deep-nest',
      comment: 'Only the root export of a Nest package is its API; deep paths differ between Nest 11 and 12.',
      severity: 'error',
      from: {},
      to: {
        path: '(^|node_modules/)@nestjs/[^/]+/.',
        pathNot: 'node_modules/@nestjs/[^/]+/(dist/)?index\\.(js|d\\.ts)$',
      },
    },
    {
      name: 'no-dev-dependency',
      comment: 'What ships imports only what a user of the package gets.',
      severity: 'error',
      from: { path: shipped, pathNot: '\\.spec\\.ts$' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['npm', 'npm-peer', 'npm-optional'] },
    },
    {
      name: 'no-circular',
      comment: 'No module needs another one that needs it. Types may speak of each other.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    { name: 'no-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|coverage)/' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['require', 'node', 'default'] },
  },
};
