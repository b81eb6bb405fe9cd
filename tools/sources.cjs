// Where a name that resolves to built code (`#core`, `plexspaces/typeorm`) has its source,
// and how that source is compiled on the fly. Shared by Jest and by test/register.cjs, so
// that a test, a worker thread and a child process all run the same program.
const { join } = require('node:path');

const root = join(__dirname, '..');
const { name, exports: doors, imports } = require('../package.json');

const sourceOf = (built) => join(root, built.replace(/^\.\/dist\//, '').replace(/\.js$/, '.ts'));

/** Alias → absolute path of its source, read from "imports" and "exports" of package.json. */
const sources = new Map([
  ...Object.entries(imports).map(([alias, built]) => [alias, sourceOf(built)]),
  ...Object.entries(doors)
    .filter(([, door]) => typeof door === 'object')
    .map(([door, { default: built }]) => [join(name, door), sourceOf(built)]),
]);

/** Options of @swc/core: what tsconfig.json says, as CommonJS. */
const swcOptions = {
  swcrc: false,
  configFile: false,
  sourceMaps: 'inline',
  jsc: {
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: true },
    target: 'es2022',
    keepClassNames: true,
  },
  module: { type: 'commonjs' },
};

module.exports = { root, sources, swcOptions };
