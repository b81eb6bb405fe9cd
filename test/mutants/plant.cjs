// Plants a bug while the sources are loaded (test/register.cjs): PLEXSPACES_MUTANT holds edits as JSON, made of
// test/mutants/catalog. The files stay as they are. An edit that does not fit exactly once ends the process.
const { join } = require('node:path');
const { root } = require('../../tools/sources.cjs');

const planted = new Map();
for (const edit of JSON.parse(process.env.PLEXSPACES_MUTANT ?? '[]')) {
  const file = join(root, edit.file);
  planted.set(file, [...(planted.get(file) ?? []), edit]);
}

/** @returns the source of `filename` with its planted edits */
function plant(filename, source) {
  return (planted.get(filename) ?? []).reduce(replaceOnce, source);
}

function replaceOnce(source, { file, find, put }) {
  const parts = source.split(find);
  if (parts.length !== 2) throw new Error(`${file} has ${parts.length - 1} places for the edit, not one: ${find}`);
  return parts.join(put);
}

module.exports = { plant, replaceOnce };
