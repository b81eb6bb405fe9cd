import { SchemaTooNewError, StorageUnavailableError, UnsafeStorageError, failpoint } from '#spi';
import { type Connection, type Driver, codeOf } from './driver';
import { touch } from './file-lock';
import { MIGRATIONS, type Migration, SCHEMA_VERSION } from './schema';

export const IN_MEMORY = ':memory:';

export interface ConnectionOptions {
  /** `relaxed` leaves flushing to the operating system: a power cut may take acknowledged writes. For tests. */
  readonly durability: 'full' | 'relaxed';
  /** The file may not grow beyond this; writes that would are refused with an error. 0: as far as the disk goes. */
  readonly maxBytes: number;
}

/** Waits that long, on the worker thread, for somebody else's write to the same file; then it is a StoreBusyError. */
export const BUSY_TIMEOUT_MS = 5_000;
/** Pages the WAL gathers before they move to the database: 16 MB. Fewer write the same pages more often. */
const WAL_PAGES = 4_000;
/** To this the WAL is cut when it starts anew after a large transaction or a slow reader. */
const WAL_LIMIT_BYTES = 64 * 1024 * 1024;
const CACHE_KIB = 64 * 1024;

const SYNCHRONOUS = { full: { name: 'FULL', value: 2 }, relaxed: { name: 'OFF', value: 0 } } as const;

/** Opens the file, makes it safe, brings its tables up to date. The only place where a connection of the store is made. */
export function openConnection(Database: Driver, path: string, options: ConnectionOptions): Connection {
  if (path !== IN_MEMORY) touch(path);
  let connection: Connection | undefined;
  try {
    connection = new Database(path, { timeout: BUSY_TIMEOUT_MS });
    configure(connection, options);
    migrate(connection, path);
    flushWhatIsThere(connection);
    return connection;
  } catch (error) {
    connection?.close();
    if (!codeOf(error).startsWith('SQLITE_')) throw error;
    throw new StorageUnavailableError(path, error instanceof Error ? error.message : String(error), {
      cause: error,
    });
  }
}

function configure(connection: Connection, { durability, maxBytes }: ConnectionOptions): void {
  const set = (pragma: string): unknown => connection.pragma(pragma, { simple: true });
  if (!connection.memory) {
    const mode = set('journal_mode = WAL');
    if (mode !== 'wal') throw new UnsafeStorageError('journal_mode', String(mode), 'wal (a local file system)');
  }
  // better-sqlite3 is built to drop to NORMAL on a file that is in WAL mode already, so it is set and read back each time.
  const { name, value } = SYNCHRONOUS[durability];
  set(`synchronous = ${name}`);
  const found = set('synchronous');
  if (found !== value) throw new UnsafeStorageError('synchronous', String(found), name);
  if (durability === 'full') set('fullfsync = ON'); // macOS: fsync alone does not reach the disk
  set('foreign_keys = ON'); // those of the user's tables; TypeORM has them on as well
  set(`wal_autocheckpoint = ${WAL_PAGES}`);
  set(`journal_size_limit = ${WAL_LIMIT_BYTES}`);
  set(`cache_size = -${CACHE_KIB}`);
  set('temp_store = MEMORY');
  if (maxBytes > 0) set(`max_page_count = ${Math.ceil(maxBytes / Number(set('page_size')))}`);
}

/** A commit whose process died before its fsync is there to be read: one of our own, with its fsync, takes it to the disk (J15). */
function flushWhatIsThere(connection: Connection): void {
  // An update that changes nothing would write nothing.
  const touch = 'INSERT INTO ps_schema (id, version) VALUES (0, 0); DELETE FROM ps_schema WHERE id = 0';
  connection.exec(`BEGIN IMMEDIATE; ${touch}; COMMIT`);
}

/** What the file says it holds; 0 when it holds none of our tables. */
export function schemaVersion(connection: Pick<Connection, 'prepare'>): number {
  const table = connection.prepare("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'ps_schema'").get();
  if (table === undefined) return 0;
  return Number(connection.prepare('SELECT version FROM ps_schema').pluck().get() ?? 0);
}

/** @throws SchemaTooNewError */
function migrate(connection: Connection, path: string): void {
  const found = schemaVersion(connection);
  if (found > SCHEMA_VERSION) throw new SchemaTooNewError(path, found, SCHEMA_VERSION);
  const missing = MIGRATIONS.filter(({ version }) => version > found);
  if (missing.length === 0) return;
  connection.transaction((steps: readonly Migration[]) => {
    for (const { statements } of steps) {
      for (const statement of statements) {
        failpoint('migrate.midway');
        connection.exec(statement);
      }
    }
  })(missing);
}
