// Everything, node_modules included, is compiled to CommonJS: Node 20 has no require(esm) inside Jest's vm, and Nest 12 is ESM.
const { sources, swcOptions } = require('./tools/sources.cjs');

const escape = (text) => text.replace(/[/\\^$*+?.()|[\]{}]/g, '\\$&');

/** @type {import('jest').Config} */
module.exports = {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/{src,libs,apps,test}/**/*.spec.ts', '<rootDir>/bench/*.spec.ts'],
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/bench/peers/', '<rootDir>/.cache/'],
  moduleNameMapper: {
    ...Object.fromEntries([...sources].map(([alias, source]) => [`^${escape(alias)}$`, source])),
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  transform: { '^.+\\.(t|j|mj|mt)s$': ['@swc/jest', swcOptions] },
  transformIgnorePatterns: [],
  cacheDirectory: '<rootDir>/.cache/jest',
  maxWorkers: 2,
  // A net for what hangs, wide enough for a slow machine under load.
  testTimeout: 120_000,
  collectCoverageFrom: ['{src,libs}/**/*.ts', '!**/*.spec.ts', '!**/*.suite.ts', '!**/index.ts'],
  coverageReporters: ['html', 'text-summary'],
};
