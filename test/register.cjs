// Preloaded (`node -r ./test/register.cjs`) so that plain Node runs the TypeScript sources.
// Jest transforms only what it loads itself; worker threads and child processes that a test
// starts are loaded by Node and inherit this preload through execArgv.
//
// A file outside dist/ sees the sources behind every alias; a built file sees the build.
const Module = require('node:module');
const { join, sep } = require('node:path');
const { transformFileSync } = require('@swc/core');
const { root, sources, swcOptions } = require('../tools/sources.cjs');

const dist = join(root, 'dist') + sep;
const resolveFilename = Module._resolveFilename;

Module._resolveFilename = function (request, parent, ...rest) {
  const source = parent?.filename?.startsWith(dist) ? undefined : sources.get(request);
  return resolveFilename.call(this, source ?? request, parent, ...rest);
};

require.extensions['.ts'] = (module, filename) => {
  module._compile(transformFileSync(filename, swcOptions).code, filename);
};
