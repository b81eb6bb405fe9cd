// Preloaded (`node -r ./test/register.cjs`) so that plain Node runs the TypeScript sources.
// Jest transforms only what it loads itself; worker threads and child processes that a test
// starts are loaded by Node and inherit this preload through execArgv.
//
// A file outside dist/ sees the sources behind every alias; a built file sees the build.
// What was compiled is kept in .cache/, by content: a crash test starts hundreds of processes.
const { createHash } = require('node:crypto');
const { mkdirSync, readFileSync, renameSync, writeFileSync } = require('node:fs');
const Module = require('node:module');
const { join, sep } = require('node:path');
const { threadId } = require('node:worker_threads');
const { version } = require('@swc/core/package.json');
const { root, sources, swcOptions } = require('../tools/sources.cjs');
const { plant } = require('./mutants/plant.cjs');

const dist = join(root, 'dist') + sep;
const resolveFilename = Module._resolveFilename;

Module._resolveFilename = function (request, parent, ...rest) {
  const source = parent?.filename?.startsWith(dist) ? undefined : sources.get(request);
  if (source === undefined && parent?.filename?.endsWith('.ts') && /^\.{1,2}\/.*\.js$/.test(request)) {
    // `import('./file.js')` is how a source names the file that it will be once built
    return resolveFilename.call(this, request.slice(0, -'.js'.length), parent, ...rest);
  }
  return resolveFilename.call(this, source ?? request, parent, ...rest);
};

require.extensions['.ts'] = (module, filename) => {
  module._compile(compiled(filename, plant(filename, readFileSync(filename, 'utf8'))), filename);
};

const cache = join(root, '.cache/swc');
const settings = version + JSON.stringify(swcOptions);

function compiled(filename, source) {
  const file = join(cache, createHash('sha1').update(`${settings}\n${filename}\n${source}`).digest('hex'));
  try {
    return readFileSync(file, 'utf8');
  } catch {
    const { code } = require('@swc/core').transformSync(source, { ...swcOptions, filename });
    const temporary = `${file}.${process.pid}-${threadId}`; // another process may be writing the same one
    mkdirSync(cache, { recursive: true });
    writeFileSync(temporary, code);
    renameSync(temporary, file);
    return code;
  }
}
