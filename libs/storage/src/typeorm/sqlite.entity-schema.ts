import { EntitySchema, type EntitySchemaColumnOptions } from 'typeorm';

/**
 * The tables of a SQLite store as TypeORM sees them: for reading them beside the user's own entities.
 * Nothing but the store's worker thread ever writes them. A test compares them with `sqlite/schema.ts`.
 */
const key: EntitySchemaColumnOptions = { type: 'integer', primary: true };
const integer: EntitySchemaColumnOptions = { type: 'integer' };
const text: EntitySchemaColumnOptions = { type: 'text' };
const blob: EntitySchemaColumnOptions = { type: 'blob' };

const named = (column: EntitySchemaColumnOptions, name: string): EntitySchemaColumnOptions => ({ ...column, name });
const nullable = (column: EntitySchemaColumnOptions): EntitySchemaColumnOptions => ({ ...column, nullable: true });

const Schema = new EntitySchema({
  name: 'PlexSpacesSchema',
  tableName: 'ps_schema',
  columns: { id: key, version: integer },
});

const Actor = new EntitySchema({
  name: 'PlexSpacesActor',
  tableName: 'ps_actor',
  columns: {
    id: key,
    name: text,
    head: integer,
    epoch: integer,
    writer: text,
    schema: integer,
    status: integer,
  },
  indices: [{ name: 'ps_actor_name', columns: ['name'], unique: true }],
});

const Journal = new EntitySchema({
  name: 'PlexSpacesJournal',
  tableName: 'ps_journal',
  columns: {
    position: key,
    actor: integer,
    firstSeq: named(integer, 'first_seq'),
    entries: integer,
    frame: blob,
  },
  indices: [{ name: 'ps_journal_seq', columns: ['actor', 'firstSeq'], unique: true }],
});

const Inbox = new EntitySchema({
  name: 'PlexSpacesInbox',
  tableName: 'ps_inbox',
  columns: {
    position: key,
    actor: integer,
    id: text,
    state: integer,
    argsHash: named(text, 'args_hash'),
    message: nullable(blob),
    attempts: integer,
    dueAt: nullable(named(integer, 'due_at')),
    answer: nullable(blob),
    expiresAt: nullable(named(integer, 'expires_at')),
  },
  indices: [
    { name: 'ps_inbox_id', columns: ['id', 'actor'], unique: true },
    { name: 'ps_inbox_due', columns: ['dueAt', 'actor'], where: 'due_at IS NOT NULL' },
    { name: 'ps_inbox_pending', columns: ['actor'], where: 'due_at IS NOT NULL' },
    { name: 'ps_inbox_parked', columns: ['actor'], where: 'state = 3' },
    { name: 'ps_inbox_expiry', columns: ['expiresAt'], where: 'expires_at IS NOT NULL' },
  ],
});

const Checkpoint = new EntitySchema({
  name: 'PlexSpacesCheckpoint',
  tableName: 'ps_checkpoint',
  columns: { position: key, actor: integer, seq: integer, time: integer, bytes: blob },
  indices: [{ name: 'ps_checkpoint_seq', columns: ['actor', 'seq'], unique: true }],
});

export const SQLITE_ENTITY_SCHEMAS = [Schema, Actor, Journal, Inbox, Checkpoint];
