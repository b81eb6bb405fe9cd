// Preloaded into a node under test: a planted bug. SQLite is set to synchronous=NORMAL, which does not flush at commit, and the
// driver says that it is FULL.
const Database = require('better-sqlite3');

const { pragma } = Database.prototype;
const FULL = 2;

Database.prototype.pragma = function (source, options) {
  const value = pragma.call(this, source === 'synchronous = FULL' ? 'synchronous = NORMAL' : source, options);
  return source === 'synchronous' ? FULL : value;
};
