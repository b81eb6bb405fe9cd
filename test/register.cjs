// Preloaded (`node -r ./test/register.cjs`) so that plain Node runs the TypeScript sources.
// Jest transforms only what it loads itself; worker threads and child processes that a test
// starts are loaded by Node and inherit this preload through execArgv.
//
// A file outside dist/ sees the sources behind every alias; a built file sees the build.
const { readFileSync } = require('node:fs');
const Module = require('node:module');
const { join, sep } = require('node:path');
const { transformSync } = require('@swc/core');
const { root, sources, swcOptions } = require('../tools/sources.cjs');
const { plant } = require('./mutants/plant.cjs');

const dist = join(root, 'dist') + sep;
const resolveFilename = Module._resolveFilename;

Module._resolveFilename = function (request, parent, ...rest) {
  const source = parent?.filename?.startsWith(dist) ? undefined : sources.get(request);
  return resolveFilename.call(this, source ?? request, parent, ...rest);
};

require.extensions['.ts'] = (module, filename) => {
  const source = plant(filename, readFileSync(filename, 'utf8'));
  module._compile(transformSync(source, { ...swcOptions, filename }).code, filename);
};
