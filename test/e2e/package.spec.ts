// Packs the tarball and uses it as its user does: in an empty folder, with what npm installs there and nothing else.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { FAILPOINTS } from 'plexspaces/spi';

const root = join(__dirname, '../..');
const minutes = 60_000;

interface Manifest {
  readonly scripts: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly optionalDependencies: Readonly<Record<string, string>>;
}

interface Packed {
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}

const compilerOptions = {
  target: 'es2022',
  module: 'nodenext',
  strict: true,
  experimentalDecorators: true,
  emitDecoratorMetadata: true,
  skipLibCheck: true, // third-party declarations name optional peers that are not installed
  types: ['node'],
};

function manifestOf(path: string): Manifest {
  return JSON.parse(readFileSync(join(path, 'package.json'), 'utf8')) as Manifest;
}

describe('the package', () => {
  let folder: string;
  let packed: Packed;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'plexspaces-package-'));
    packed = pack();
    install();
  }, 10 * minutes);

  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  /** Runs a program in the folder of the user. */
  function run(program: string, ...args: string[]): string {
    return execFileSync(program, args, { cwd: folder, encoding: 'utf8', stdio: 'pipe' });
  }

  function write(file: string, content: unknown): void {
    writeFileSync(join(folder, file), JSON.stringify(content, null, 2));
  }

  function pack(): Packed {
    // From a copy: the build is made before the tests, other tests run from it now, and some of them need its failpoints.
    const copy = join(folder, 'copy');
    for (const name of ['package.json', 'README.md', 'LICENSE', 'dist'])
      cpSync(join(root, name), join(copy, name), { recursive: true });
    run('node', join(root, 'scripts/strip-failpoints.cjs'), join(copy, 'dist')); // as `prepack` does
    const output = run('npm', 'pack', copy, '--ignore-scripts', '--json', '--pack-destination', folder);
    const [first] = JSON.parse(output) as Packed[];
    if (!first) throw new Error(`npm pack printed ${output}`);
    return first;
  }

  function install(): void {
    const manifest = manifestOf(root);
    const versions = { ...manifest.devDependencies, ...manifest.optionalDependencies };
    const wanted = ['@nestjs/common', '@nestjs/core', 'reflect-metadata', 'rxjs']
      .concat(['@nestjs/typeorm', 'typeorm', 'better-sqlite3'])
      .concat(['typescript', '@types/node'])
      .map((name) => `${name}@${versions[name] ?? ''}`);
    write('package.json', { private: true, allowScripts: { 'better-sqlite3': true } });
    run('npm', 'install', '--prefer-offline', '--no-audit', '--no-fund', `./${packed.filename}`, ...wanted);
  }

  it('contains the build and nothing of the workshop', () => {
    const paths = packed.files.map(({ path }) => path);
    const foreign = paths.filter(
      (path) => !/^(dist\/(src|libs)\/.*\.(js|d\.ts|js\.map)|[A-Za-z]+(\.md|\.json)?)$/.test(path),
    );
    expect(foreign).toEqual([]);
    expect(paths.filter((path) => path.includes('.spec.'))).toEqual([]);
    expect(paths).toEqual(expect.arrayContaining(['LICENSE', 'README.md', 'dist/src/index.js', 'dist/src/index.d.ts']));
  });

  it('contains no failpoint, while the build it was made from does', () => {
    const calls = (dist: string): number =>
      readdirSync(dist, { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.js'))
        .reduce(
          (sum, name) => sum + (readFileSync(join(dist, name), 'utf8').match(/failpoint\)?\('/g)?.length ?? 0),
          0,
        );
    expect(calls(join(folder, 'node_modules/plexspaces/dist'))).toBe(0);
    expect(calls(join(root, 'dist'))).toBeGreaterThanOrEqual(FAILPOINTS.length);
    expect(manifestOf(root).scripts['prepack']).toContain('strip-failpoints.cjs');
  });

  it('has the command line, which makes a database and finds it up to date', () => {
    const url = 'sqlite:./from-the-command-line.db';
    expect(run('npx', 'plexspaces', 'migrate', '--storage', url)).toContain(`${url} has the tables of version`);
    expect(run('npx', 'plexspaces', 'status', '--storage', url)).toContain('is up to date');
    expect(run('npx', 'plexspaces', 'export', 'all.archive', '--storage', url)).toContain('has 0 actors');
    expect(() => run('npx', 'plexspaces', 'status', '--storage', 'sqlite:./nobody.db')).toThrow(
      'there is no such file',
    );
  });

  it.each(['plexspaces', 'plexspaces/spi', 'plexspaces/testing/conformance'])(
    'loads %s where no optional peer is installed',
    (door) => {
      const program = `
      const Module = require('node:module');
      const resolve = Module._resolveFilename;
      Module._resolveFilename = function (request, ...rest) {
        if (/^(typeorm|@nestjs\\/(typeorm|testing)|better-sqlite3)(\\/|$)/.test(request)) throw new Error(request + ' is not installed');
        return resolve.call(this, request, ...rest);
      };
      console.log(Object.keys(require('${door}')).length > 0);
    `;
      expect(run('node', '--eval', program).trim()).toBe('true');
    },
  );

  describe.each([
    ['CommonJS', 'commonjs'],
    ['ESM', 'module'],
  ])('in an application of %s', (_, type) => {
    beforeAll(() => {
      mkdirSync(join(folder, type));
      write(`${type}/package.json`, { type });
      write(`${type}/tsconfig.json`, { compilerOptions, files: ['main.ts'] });
      copyFileSync(join(__dirname, 'fixtures/main.ts'), join(folder, type, 'main.ts'));
    });

    /** Starts the application, waits for the line it prints, kills it. */
    async function incrementAndKill(...amounts: number[]): Promise<string> {
      const program = [join(type, 'main.js'), join(type, 'journal.db'), ...amounts.map(String)];
      const child = spawn(process.execPath, program, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
      let errors = '';
      child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
      const closed = once(child, 'close').then(() => `ended early: ${errors}`);
      const printed = once(createInterface(child.stdout), 'line').then(([line]) => String(line));
      const line = await Promise.race([printed, closed]);
      child.kill('SIGKILL');
      await closed;
      return line;
    }

    it(
      'type-checks and compiles',
      () => {
        expect(run('node', 'node_modules/typescript/bin/tsc', '--project', type)).toBe('');
      },
      2 * minutes,
    );

    it(
      'keeps the state of a durable actor through SIGKILL',
      async () => {
        expect(await incrementAndKill(2, 3)).toBe('value 5');
        expect(await incrementAndKill()).toBe('value 5');
        expect(await incrementAndKill(1)).toBe('value 6');
      },
      2 * minutes,
    );
  });
});
