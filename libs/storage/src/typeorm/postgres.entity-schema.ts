import { EntitySchema, type EntitySchemaColumnOptions } from 'typeorm';

/**
 * The tables of a Postgres store as TypeORM sees them: for reading them beside the user's own entities.
 * Nothing but the store ever writes them. A test compares them with `postgres/schema.ts`.
 */
const integer: EntitySchemaColumnOptions = { type: 'integer' };
const smallint: EntitySchemaColumnOptions = { type: 'smallint' };
/** TypeORM gives these as strings, as it does everywhere. */
const bigint: EntitySchemaColumnOptions = { type: 'bigint' };
const text: EntitySchemaColumnOptions = { type: 'text' };
/** By bytes, whatever the database's own collation is. */
const key: EntitySchemaColumnOptions = { type: 'text', collation: 'C' };
const bytea: EntitySchemaColumnOptions = { type: 'bytea' };

const primary = (column: EntitySchemaColumnOptions): EntitySchemaColumnOptions => ({ ...column, primary: true });
const named = (column: EntitySchemaColumnOptions, name: string): EntitySchemaColumnOptions => ({ ...column, name });
const nullable = (column: EntitySchemaColumnOptions): EntitySchemaColumnOptions => ({ ...column, nullable: true });
const numbered = (column: EntitySchemaColumnOptions): EntitySchemaColumnOptions => ({
  ...column,
  generated: 'identity' as 'increment', // missing in the type; the driver knows it
});

/** For a store with these options; the defaults are those of the store. @publicApi */
export function postgresEntitySchemas(
  options: { readonly schema?: string; readonly tablePrefix?: string } = {},
): EntitySchema[] {
  const { schema = 'plexspaces', tablePrefix: prefix = 'ps_' } = options;
  const table = (name: string) => ({ schema, tableName: `${prefix}${name}` });
  return [
    new EntitySchema({
      name: 'PlexSpacesSchema',
      ...table('schema'),
      columns: { id: primary(integer), version: integer },
    }),
    new EntitySchema({
      name: 'PlexSpacesActor',
      ...table('actor'),
      columns: {
        id: numbered(primary(bigint)),
        name: key,
        head: bigint,
        epoch: bigint,
        writer: text,
        schema: integer,
        status: smallint,
      },
      indices: [{ name: `${prefix}actor_name`, columns: ['name'], unique: true }],
    }),
    new EntitySchema({
      name: 'PlexSpacesJournal',
      ...table('journal'),
      columns: {
        actor: primary(bigint),
        firstSeq: named(primary(bigint), 'first_seq'),
        entries: integer,
        frame: bytea,
      },
    }),
    new EntitySchema({
      name: 'PlexSpacesInbox',
      ...table('inbox'),
      columns: {
        actor: primary(bigint),
        id: primary(key),
        position: numbered(bigint),
        state: smallint,
        argsHash: named(text, 'args_hash'),
        message: nullable(bytea),
        attempts: integer,
        dueAt: nullable(named(bigint, 'due_at')),
        answer: nullable(bytea),
        expiresAt: nullable(named(bigint, 'expires_at')),
      },
      indices: [
        { name: `${prefix}inbox_due`, columns: ['dueAt', 'actor'], where: 'due_at IS NOT NULL' },
        { name: `${prefix}inbox_pending`, columns: ['actor'], where: 'due_at IS NOT NULL' },
        { name: `${prefix}inbox_parked`, columns: ['actor'], where: 'state = 3' },
        { name: `${prefix}inbox_expiry`, columns: ['expiresAt'], where: 'expires_at IS NOT NULL' },
      ],
    }),
    new EntitySchema({
      name: 'PlexSpacesCheckpoint',
      ...table('checkpoint'),
      columns: { actor: primary(bigint), seq: primary(bigint), time: bigint, bytes: bytea },
    }),
    new EntitySchema({
      name: 'PlexSpacesLease',
      ...table('lease'),
      columns: {
        name: primary(key),
        holder: key,
        expiresAt: { type: 'timestamp with time zone', name: 'expires_at' },
      },
    }),
  ];
}
