// Builds when a source is newer than the build, or there is none. What the compiler says goes to stderr.
const { execFileSync } = require('node:child_process');
const { existsSync, readdirSync, statSync } = require('node:fs');
const { join } = require('node:path');

const root = join(__dirname, '..');
const built = join(root, 'dist/src/main.js');
const settings = ['package.json', 'tsconfig.json', 'tsconfig.build.json', 'nest-cli.json'].map((file) =>
  join(root, file),
);

function sourcesOf(folder) {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && !entry.name.endsWith('.spec.ts'))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
}

function isStale() {
  if (!existsSync(built)) return true;
  const { mtimeMs } = statSync(built);
  return [...settings, ...['src', 'libs', 'apps'].flatMap(sourcesOf)].some((file) => statSync(file).mtimeMs > mtimeMs);
}

if (isStale()) {
  process.stderr.write('Building, which takes a few seconds the first time …\n');
  const nest = join(root, 'node_modules/@nestjs/cli/bin/nest.js');
  try {
    execFileSync(process.execPath, [nest, 'build'], { cwd: root, stdio: ['ignore', 2, 2] });
  } catch {
    process.exit(1);
  }
}
