/** A step from one version of the tables to the next. Additive: an older build's data stays readable. */
export interface Migration {
  readonly version: number;
  readonly name: string;
  readonly statements: readonly string[];
}

/** The 32-bit big-endian number at `at` (from 1) of a blob, which SQL has no function for. */
function uint32(blob: string, at: string): string {
  const digit = (i: number): string =>
    `((instr('123456789ABCDEF', substr(hex(substr(${blob}, ${at}, 4)), ${i + 1}, 1))) << ${28 - 4 * i})`;
  return `(${Array.from({ length: 8 }, (_, i) => digit(i)).join(' + ')})`;
}

/**
 * The tables, once. `SqliteStorage` runs these statements itself; `TypeormStorageModule` runs the same ones as TypeORM
 * migrations, and its EntitySchemas are compared with the outcome by a test.
 *
 * Actors are integers in every other table. Whatever an append adds lies at the end of a table or index, whichever
 * actor it belongs to, so that a group commit of many actors writes few pages: that is why the inbox is unique by
 * (id, actor) and not the other way round (ids begin with a ULID, so they grow with time).
 */
export const MIGRATIONS: readonly Migration[] = [
  {
    version: 1,
    name: 'Journal1763600000000',
    statements: [
      'CREATE TABLE ps_schema (id integer PRIMARY KEY NOT NULL, version integer NOT NULL)',
      `CREATE TABLE ps_actor (id integer PRIMARY KEY NOT NULL, name text NOT NULL, head integer NOT NULL,
         epoch integer NOT NULL, writer text NOT NULL, schema integer NOT NULL, status integer NOT NULL)`,
      'CREATE UNIQUE INDEX ps_actor_name ON ps_actor (name)',
      `CREATE TABLE ps_journal (position integer PRIMARY KEY NOT NULL, actor integer NOT NULL, first_seq integer NOT NULL,
         entries integer NOT NULL, frame blob NOT NULL)`,
      'CREATE UNIQUE INDEX ps_journal_seq ON ps_journal (actor, first_seq)',
      `CREATE TABLE ps_inbox (position integer PRIMARY KEY NOT NULL, actor integer NOT NULL, id text NOT NULL,
         state integer NOT NULL, args_hash text NOT NULL, message blob, attempts integer NOT NULL, due_at integer,
         answer blob, expires_at integer)`,
      'CREATE UNIQUE INDEX ps_inbox_id ON ps_inbox (id, actor)',
      'CREATE INDEX ps_inbox_due ON ps_inbox (due_at, actor) WHERE due_at IS NOT NULL',
      'CREATE INDEX ps_inbox_pending ON ps_inbox (actor) WHERE due_at IS NOT NULL',
      'CREATE INDEX ps_inbox_parked ON ps_inbox (actor) WHERE state = 3',
      'CREATE INDEX ps_inbox_expiry ON ps_inbox (expires_at) WHERE expires_at IS NOT NULL',
      `CREATE TABLE ps_checkpoint (position integer PRIMARY KEY NOT NULL, actor integer NOT NULL, seq integer NOT NULL,
         time integer NOT NULL, bytes blob NOT NULL)`,
      'CREATE UNIQUE INDEX ps_checkpoint_seq ON ps_checkpoint (actor, seq)',
      `CREATE VIEW IF NOT EXISTS journal_entries AS
         WITH RECURSIVE entry (actor, seq, at, size, frame) AS (
           SELECT actor, first_seq, 1, ${uint32('frame', '1')}, frame FROM ps_journal
           UNION ALL
           SELECT actor, seq + 1, at + 4 + size, ${uint32('frame', 'at + 4 + size')}, frame
             FROM entry WHERE at + 4 + size < length(frame))
         SELECT a.name AS actor_id, e.seq AS sequence_number, substr(e.frame, e.at + 4, e.size) AS entry
           FROM entry e JOIN ps_actor a ON a.id = e.actor`,
      `CREATE VIEW IF NOT EXISTS checkpoints AS
         SELECT a.name AS actor_id, c.seq AS sequence_number, c.time AS timestamp, c.bytes AS state
           FROM ps_checkpoint c JOIN ps_actor a ON a.id = c.actor`,
      'INSERT INTO ps_schema (id, version) VALUES (1, 1)',
    ],
  },
];

/** What this build reads and writes. */
export const SCHEMA_VERSION = (MIGRATIONS.at(-1) as Migration).version;
