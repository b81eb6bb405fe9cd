import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

// The built package in a project that has not installed what a storage needs.

const root = join(__dirname, '../..');
const OPTIONAL = ['typeorm', 'pg', 'ioredis', 'better-sqlite3'] as const;
type Optional = (typeof OPTIONAL)[number];

/** Tells how opening a store ended. */
const OPEN = `require('reflect-metadata');
require('plexspaces').openStorage(process.argv[2]).then(
  async (store) => { await store.close(); console.log(JSON.stringify({ opened: store.journal.name })); },
  ({ code, packageName, message }) => console.log(JSON.stringify({ code, packageName, message })));`;

/** Starts an application on it. */
const START = `require('reflect-metadata');
const { NestFactory } = require('@nestjs/core');
const { Module } = require('@nestjs/common');
const { PlexSpacesModule } = require('plexspaces');
class Root {}
Module({ imports: [PlexSpacesModule.forRoot({ storage: process.argv[2] })] })(Root);
NestFactory.createApplicationContext(Root, { logger: false, abortOnError: false }).then(
  async (app) => { await app.close(); console.log(JSON.stringify({ opened: true })); },
  ({ code, packageName, message }) => console.log(JSON.stringify({ code, packageName, message })));`;

const projects = mkdtempSync(join(tmpdir(), 'plexspaces-missing-'));
afterAll(() => rmSync(projects, { recursive: true }));

/** A project with the package and all it may need, but for these. */
function projectWithout(...missing: readonly Optional[]): string {
  const project = join(projects, missing.join('-'));
  const modules = join(project, 'node_modules');
  const own = join(modules, 'plexspaces');
  const { dependencies, devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<
    'dependencies' | 'devDependencies',
    Record<string, string>
  >;
  cpSync(join(root, 'dist'), join(own, 'dist'), { recursive: true });
  cpSync(join(root, 'package.json'), join(own, 'package.json'));
  for (const name of new Set([...Object.keys(dependencies), ...Object.keys(devDependencies), ...OPTIONAL])) {
    if (missing.includes(name as Optional)) continue;
    mkdirSync(dirname(join(modules, name)), { recursive: true });
    symlinkSync(join(root, 'node_modules', name), join(modules, name));
  }
  writeFileSync(join(project, 'open.cjs'), OPEN);
  writeFileSync(join(project, 'start.cjs'), START);
  return project;
}

function run(project: string, program: string, ...args: readonly string[]) {
  return spawnSync(process.execPath, [join(project, program), ...args], { cwd: project, encoding: 'utf8' });
}

const CLI = 'node_modules/plexspaces/dist/libs/cli/src/main.js';

/** Nobody listens there. */
const URLS = { sqlite: 'sqlite:./a.db', postgres: 'postgres://u:s3cret@127.0.0.1:1/d', redis: 'redis://127.0.0.1:1' };

describe.each<[Optional, (keyof typeof URLS)[]]>([
  ['typeorm', ['sqlite', 'postgres']],
  ['pg', ['postgres']],
  ['ioredis', ['redis']],
  ['better-sqlite3', ['sqlite']],
])('a project without %s', (packageName, needing) => {
  let project: string;
  beforeAll(() => {
    project = projectWithout(packageName);
  });

  it.each(needing)('says so when it names a store of %s, and what to install', (storage) => {
    for (const program of ['open.cjs', 'start.cjs']) {
      const { stdout, stderr } = run(project, program, URLS[storage]);
      expect([program, stderr]).toEqual([program, '']);
      expect(JSON.parse(stdout)).toEqual({
        code: 'PS_MISSING_PACKAGE',
        packageName,
        message: expect.stringContaining(`Run: npm install ${packageName}`) as string,
      });
    }
    const importing = ['import', 'package.json'];
    for (const command of storage === 'postgres' ? [importing, ['migrate']] : [importing]) {
      const { status, stderr } = run(project, CLI, ...command, '--storage', URLS[storage]);
      expect([command, status, stderr.trim().split('\n')]).toEqual([
        command,
        1,
        [expect.stringContaining(`npm install ${packageName}`)],
      ]);
      expect(stderr).not.toContain('s3cret');
    }
  });

  it('opens what does not need it', () => {
    expect(JSON.parse(run(project, 'open.cjs', 'memory:').stdout)).toEqual({ opened: 'memory' });
    expect(JSON.parse(run(project, 'start.cjs', 'memory:').stdout)).toEqual({ opened: true });
    for (const storage of Object.keys(URLS) as (keyof typeof URLS)[]) {
      if (needing.includes(storage)) continue;
      const { stdout } = run(project, 'open.cjs', URLS[storage]);
      expect(JSON.parse(stdout)).toMatchObject(
        storage === 'sqlite' ? { opened: 'sqlite' } : { code: 'PS_STORAGE_UNAVAILABLE' },
      );
      if (packageName !== 'typeorm') continue; // the command line loads the others where the stores do
      const { stderr } = run(project, CLI, 'purge', '--prefix', 'a', '--storage', URLS[storage]);
      expect(stderr).toMatch(storage === 'sqlite' ? /^$/ : /^Cannot open/);
    }
  });
});
