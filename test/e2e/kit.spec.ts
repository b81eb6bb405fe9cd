// One test file of a user, run by Jest and by Vitest against the installed tarball.
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(__dirname, '../..');
const minutes = 60_000;
/** Tests in fixtures/counter.user-test.ts. */
const TESTS = 5;

/** Not among our own dependencies: only a user has it. */
const VITEST_PACKAGE = 'vitest@4.1.12';

const JEST = `
const swc = {
  swcrc: false,
  jsc: {
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true },
    target: 'es2022',
  },
  module: { type: 'commonjs' },
};
module.exports = {
  testMatch: ['**/*.user-test.ts'],
  moduleNameMapper: { '^(\\\\.{1,2}/.*)\\\\.js$': '$1' },
  transform: { '^.+\\\\.(t|j|mj)s$': ['@swc/jest', swc] }, // Nest 12 is ESM
  transformIgnorePatterns: [],
};
`;

const VITEST = `
import { defineConfig } from 'vitest/config';
export default defineConfig({ test: { globals: true, include: ['**/*.user-test.ts'] } });
`;

const compilerOptions = { target: 'es2022', experimentalDecorators: true, emitDecoratorMetadata: true };

interface Report {
  readonly numPassedTests: number;
  readonly numTotalTests: number;
}

describe('the test kit', () => {
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'plexspaces-kit-'));
    const output = run('npm', 'pack', root, '--ignore-scripts', '--json', '--pack-destination', folder);
    const [{ filename }] = JSON.parse(output) as [{ readonly filename: string }];
    const { devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      readonly devDependencies: Readonly<Record<string, string>>;
    };
    const wanted = ['@nestjs/common', '@nestjs/core', '@nestjs/testing', 'reflect-metadata', 'rxjs']
      .concat(['jest', '@swc/jest', '@swc/core'])
      .map((name) => `${name}@${devDependencies[name] ?? ''}`);
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'commonjs' }));
    run('npm', 'install', '--prefer-offline', '--no-audit', '--no-fund', `./${filename}`, ...wanted, VITEST_PACKAGE);
    const files = {
      'jest.config.cjs': JEST,
      'vitest.config.mjs': VITEST,
      'tsconfig.json': JSON.stringify({ compilerOptions }),
    };
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    copyFileSync(join(__dirname, 'fixtures/counter.user-test.ts'), join(folder, 'counter.user-test.ts'));
  }, 10 * minutes);

  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  function run(program: string, ...args: string[]): string {
    // A runner that finds itself inside another one behaves differently.
    const env = { ...process.env, JEST_WORKER_ID: undefined, NODE_ENV: undefined, VITEST: undefined };
    return execFileSync(program, args, { cwd: folder, encoding: 'utf8', stdio: 'pipe', env });
  }

  it.each([
    ['Jest', ['node_modules/jest/bin/jest.js', '--json', '--outputFile=report.json']],
    ['Vitest', ['node_modules/vitest/vitest.mjs', 'run', '--reporter=json', '--outputFile=report.json']],
  ])(
    'works in %s',
    (_, args) => {
      rmSync(join(folder, 'report.json'), { force: true });
      run(process.execPath, ...args);
      const report = JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8')) as Report;
      expect(report).toMatchObject({ numPassedTests: TESTS, numTotalTests: TESTS });
    },
    5 * minutes,
  );
});
