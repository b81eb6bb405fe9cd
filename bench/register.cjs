// Preloaded (`node -r ./bench/register.cjs`) so that plain Node runs the benchmarks' TypeScript. Unlike test/register.cjs
// it leaves names alone: `plexspaces` is the built package, entered by the doors its users have.
const { transformFileSync } = require('@swc/core');
const { swcOptions } = require('../tools/sources.cjs');

require.extensions['.ts'] = (module, filename) => {
  module._compile(transformFileSync(filename, swcOptions).code, filename);
};
