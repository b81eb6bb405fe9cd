// Cuts the failpoints out of a build: `node scripts/strip-failpoints.cjs [folder]`, `dist` when none is given. Runs when
// the package is packed. Blanks take the place of each call, so source maps stay true. A call that is no statement of its
// own is refused: what stands around it would change its meaning.
const { readdirSync, readFileSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');

const CALL = /\(0, \w+\.failpoint\)\('[\w.]+'\)(?=;)/g;
/** What may stand before a statement on its line. */
const BEFORE = /^\s*((else )?if \(.*\) |else )?$/;
/** A call in whatever shape the compiler may give it one day. */
const LEFT_OVER = /\bfailpoint\)?\(/;
/** Where the function itself is. */
const DEFINED_IN = join('libs', 'spi', 'src', 'failpoint.js');

/** @returns `code` without its failpoints, and how many there were */
function strip(code, file) {
  let count = 0;
  const stripped = code.replace(CALL, (call, at) => {
    const line = code.slice(code.lastIndexOf('\n', at) + 1, at);
    if (!BEFORE.test(line)) throw new Error(`${file}: ${line.trim()}${call} is not a statement of its own`);
    count++;
    return ' '.repeat(call.length);
  });
  const left = stripped.split('\n').find((line) => LEFT_OVER.test(line));
  if (left !== undefined) throw new Error(`${file}: cannot cut the failpoint out of ${left.trim()}`);
  return { stripped, count };
}

function stripFolder(folder) {
  let total = 0;
  for (const library of ['src', 'libs']) {
    for (const name of readdirSync(join(folder, library), { recursive: true })) {
      const file = join(folder, library, name);
      if (!file.endsWith('.js') || file.endsWith(DEFINED_IN)) continue;
      const { stripped, count } = strip(readFileSync(file, 'utf8'), file);
      if (count > 0) writeFileSync(file, stripped);
      total += count;
    }
  }
  return total;
}

module.exports = { strip };

if (require.main === module) {
  const count = stripFolder(process.argv[2] ?? join(__dirname, '../dist'));
  process.stderr.write(`${count} failpoints cut out\n`);
}
