import { PlexSpacesError } from './plexspaces-error';

export * from './plexspaces-error';

/** An actor id, tenant or namespace that cannot be addressed. Nothing was stored. @publicApi */
export class InvalidActorIdError extends PlexSpacesError {
  readonly code = 'PS_INVALID_ACTOR_ID';
  constructor(
    readonly component: string,
    readonly reason: string,
  ) {
    super(
      `The ${component} of an actor id ${reason}. Use a non-empty string of at most 512 bytes of valid Unicode without NUL.`,
    );
  }
}

/** A duration that is neither milliseconds nor a string such as '30s'. @publicApi */
export class InvalidDurationError extends PlexSpacesError {
  readonly code = 'PS_INVALID_DURATION';
  constructor(readonly given: unknown) {
    super(
      `${JSON.stringify(given) ?? String(given)} is not a duration. Give milliseconds (0 … 2^53) or a string such as '250ms', '30s', '5m', '2h', '7d'.`,
    );
  }
}

/** Another activation moved the head row; this one must be dropped and recovered (P10). @publicApi */
export class VersionConflictError extends PlexSpacesError {
  readonly code = 'PS_VERSION_CONFLICT';
  override readonly retryable = true;
  constructor(
    readonly actor: string,
    readonly expected: { readonly seq: number; readonly epoch: number },
    readonly actual: { readonly seq: number; readonly epoch: number },
  ) {
    super(
      `Journal of ${actor} stands at seq ${actual.seq}, epoch ${actual.epoch}; this writer expected seq ${expected.seq}, epoch ${expected.epoch}. ` +
        'Another activation owns the actor: drop this one and recover.',
    );
  }
}

/** The store was closed, or its worker ended. @publicApi */
export class StoreClosedError extends PlexSpacesError {
  readonly code = 'PS_STORE_CLOSED';
  override readonly retryable = true;
  constructor(
    readonly store: string,
    options?: ErrorOptions,
  ) {
    super(`The ${store} store is closed. Nothing was written; send again once the application runs.`, options);
  }
}

/** The store failed in a way that leaves the outcome of a write unknown (P10: read the head row back). @publicApi */
export class StoreFailedError extends PlexSpacesError {
  readonly code = 'PS_STORE_FAILED';
  override readonly retryable = true;
  constructor(
    readonly store: string,
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(`The ${store} store failed: ${reason}. Check the store; accepted messages resume by themselves.`, options);
  }
}

/** Somebody else held the database's write lock for too long. Nothing of the write was stored. @publicApi */
export class StoreBusyError extends PlexSpacesError {
  readonly code = 'PS_STORE_BUSY';
  override readonly retryable = true;
  constructor(
    readonly store: string,
    readonly waitedMs: number,
    options?: ErrorOptions,
  ) {
    super(
      `The ${store} store waited ${waitedMs} ms for the write lock, which another connection holds. Nothing of this was written; send it again. ` +
        'Keep transactions of your own DataSource short, and await no actor inside one.',
      options,
    );
  }
}

/** A stored record whose checksum or shape is wrong. Never treated as absent (P11). @publicApi */
export class CorruptRecordError extends PlexSpacesError {
  readonly code = 'PS_CORRUPT_RECORD';
  constructor(
    readonly actor: string,
    readonly record: string,
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(
      `${record} of ${actor} is unreadable: ${reason}. Restore it from a backup; the actor stays untouched until then.`,
      options,
    );
  }
}

/** The database was written by a newer version of this package, or the state by a newer version of the class. @publicApi */
export class SchemaTooNewError extends PlexSpacesError {
  readonly code = 'PS_SCHEMA_TOO_NEW';
  constructor(
    readonly subject: string,
    readonly found: number,
    readonly supported: number,
  ) {
    super(
      `${subject} has schema version ${found}; this build supports up to ${supported}. Deploy the newer version, or restore a backup taken before it ran.`,
    );
  }
}

/** A server or file setting under which an acknowledged write may be lost (P11). @publicApi */
export class UnsafeStorageError extends PlexSpacesError {
  readonly code = 'PS_UNSAFE_STORAGE';
  constructor(
    readonly setting: string,
    readonly found: string,
    readonly required: string,
  ) {
    super(
      `Storage setting ${setting} is ${found}, but durable actors need ${required}. Change it, or say durability: 'relaxed' (tests only).`,
    );
  }
}

/** Another process holds this database file. @publicApi */
export class StorageInUseError extends PlexSpacesError {
  readonly code = 'PS_STORAGE_IN_USE';
  override readonly retryable = true;
  constructor(readonly path: string) {
    super(
      `${path} is already open in another process. One process owns a SQLite journal: stop the other one, or give this one a file of its own.`,
    );
  }
}

/** The database cannot be opened: its file or folder, or the server behind its address. @publicApi */
export class StorageUnavailableError extends PlexSpacesError {
  readonly code = 'PS_STORAGE_UNAVAILABLE';
  constructor(
    /** The file, or the address without its password. */
    readonly path: string,
    readonly reason: string,
    options: ErrorOptions & { readonly remedy?: string } = {},
  ) {
    const { remedy = 'Check that the folder exists and that this user may write there.' } = options;
    super(`Cannot open ${path}: ${reason}. ${remedy}`, options);
  }
}

/** The database server is older than what this package is tested with. @publicApi */
export class ServerTooOldError extends PlexSpacesError {
  readonly code = 'PS_SERVER_TOO_OLD';
  constructor(
    readonly server: string,
    readonly found: string,
    readonly required: string,
  ) {
    super(`${server} is version ${found}; version ${required} or later is needed. Upgrade the server, or use another.`);
  }
}

/** The tables are missing or of an older version, and this process was not to change them. @publicApi */
export class SchemaOutdatedError extends PlexSpacesError {
  readonly code = 'PS_SCHEMA_OUTDATED';
  constructor(
    readonly subject: string,
    /** 0: there are no tables. */
    readonly found: number,
    readonly required: number,
  ) {
    super(
      `${subject} has ${found === 0 ? 'no tables' : `tables of version ${found}`}; this build needs version ${required}. ` +
        'Run: plexspaces migrate (in production nothing is migrated at the start unless migrate: true says so).',
    );
  }
}

/** An option of a storage that makes no sense. Nothing was opened. @publicApi */
export class InvalidStorageOptionError extends PlexSpacesError {
  readonly code = 'PS_INVALID_STORAGE_OPTION';
  constructor(
    readonly option: string,
    readonly given: string,
    readonly needed: string,
  ) {
    super(`Storage option ${option} is ${given}; it has to be ${needed}.`);
  }
}

/** A URL that names no storage. It may hold a password, so nothing behind its scheme is repeated. @publicApi */
export class InvalidStorageUrlError extends PlexSpacesError {
  readonly code = 'PS_INVALID_STORAGE_URL';
  constructor(readonly reason: string) {
    super(
      `The storage URL ${reason}. Give memory:, sqlite:./data/journal.db, postgres://user:password@host:port/database, ` +
        'redis://host:port or rediss://host:port, options behind a question mark: ?durability=relaxed.',
    );
  }
}

/** A backend needs a package that is not installed. @publicApi */
export class MissingPackageError extends PlexSpacesError {
  readonly code = 'PS_MISSING_PACKAGE';
  constructor(
    readonly packageName: string,
    readonly neededBy: string,
    options?: ErrorOptions,
  ) {
    super(
      `${neededBy} needs the package ${packageName}, which is not installed. Run: npm install ${packageName}`,
      options,
    );
  }
}

/** A call of `ctx.rows` that no statement can be made of. Nothing of it was queued. @publicApi */
export class InvalidRowsError extends PlexSpacesError {
  readonly code = 'PS_INVALID_ROWS';
  constructor(
    readonly entity: string,
    readonly operation: string,
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(`ctx.rows.${operation} of ${entity} ${reason}. Nothing was written.`, options);
  }
}

/** Entities that do not lie in the database of the journal, so that no commit can hold both. @publicApi */
export class RowsDatabaseError extends PlexSpacesError {
  readonly code = 'PS_ROWS_DATABASE';
  constructor(
    readonly subject: string,
    readonly reason: string,
    readonly journal: string,
    remedy = 'Use a better-sqlite3 DataSource on that same file, without ATTACH.',
  ) {
    super(`${subject} ${reason}, but ctx.rows writes in the commit of the journal in ${journal}. ${remedy}`);
  }
}

/** A store came back without what it had acknowledged: a fail-over to a replica that lagged, a log cut short. @publicApi */
export class StoreRegressedError extends PlexSpacesError {
  readonly code = 'PS_STORE_REGRESSED';
  constructor(
    readonly store: string,
    readonly actor: string,
    readonly acknowledged: { readonly seq: number; readonly epoch: number },
    readonly found: { readonly seq: number; readonly epoch: number },
  ) {
    super(
      `${store} came back without acknowledged writes: the journal of ${actor} stands at seq ${found.seq}, epoch ${found.epoch}, and stood at ` +
        `seq ${acknowledged.seq}, epoch ${acknowledged.epoch}. Nothing more is written by this process. Bring the newer data back, or restart the process to go on from the older.`,
    );
  }
}

/** `ref.with({ transaction })` was given what no message can be accepted in. Nothing was written. @publicApi */
export class InvalidTransactionError extends PlexSpacesError {
  readonly code = 'PS_INVALID_TRANSACTION';
  constructor(
    readonly receiver: string,
    /** What was given. */
    readonly reason: string,
    readonly remedy: string,
  ) {
    super(
      `A message to ${receiver} cannot be accepted in that transaction: it ${reason}. Nothing was written. ${remedy}`,
    );
  }
}

/** The function of `ctx.transact` tried to end its transaction: what it wrote would stay without its turn. Nothing has ended. @publicApi */
export class TransactEndError extends PlexSpacesError {
  readonly code = 'PS_TRANSACT_END';
  constructor(
    /** What it called. */
    readonly call: 'commitTransaction' | 'rollbackTransaction' | 'release',
  ) {
    super(
      `${call} was called inside ctx.transact, which has begun that transaction: ctx.transact ends it, with its turn.`,
    );
  }
}
