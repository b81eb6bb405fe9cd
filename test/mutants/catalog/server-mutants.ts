import type { Mutant } from '../mutant';

const PG = 'libs/storage/src/postgres/';
const PG_FLUSH = `${PG}flush/flush-statement.ts`;
const PG_WRITER = `${PG}flush/journal-writer.ts`;
const PG_EXACT = `${PG}flush/exact-flush.ts`;
const REDIS = 'libs/storage/src/redis/';
const REDIS_FLUSH = `${REDIS}scripts/flush.script.ts`;

/** A bug in a store behind a server, which the simulation does not run: the conformance suite has to find it. */
export interface ServerMutant extends Mutant {
  readonly store: 'postgres' | 'redis';
}

const postgres = (breaks: string, name: string, what: string, ...edits: Mutant['edits']): ServerMutant => ({
  store: 'postgres',
  name: `postgres: ${name}`,
  breaks,
  what,
  edits,
});

const redis = (breaks: string, name: string, what: string, ...edits: Mutant['edits']): ServerMutant => ({
  store: 'redis',
  name: `redis: ${name}`,
  breaks,
  what,
  edits,
});

/** `breaks` names the rule of the port whose case has to fail. */
export const SERVER_MUTANTS: readonly ServerMutant[] = [
  postgres('J2', 'no look at the head', 'a head row moves wherever it stands', {
    file: PG_FLUSH,
    find: 'WHERE a.id = p.id AND a.head = p.expected AND a.epoch = p.expected_epoch',
    put: 'WHERE a.id = p.id',
  }),
  postgres('I2', 'revival of anything', 'a message that has been answered is taken up again', {
    file: `${PG}flush/inbox-changes.ts`,
    find: 'AND state = ${PARKED} RETURNING 1',
    put: 'RETURNING 1',
  }),
  postgres('J2', 'no look at the epoch', 'a writer of an earlier epoch moves the head', {
    file: PG_FLUSH,
    find: ' AND a.epoch = p.expected_epoch',
    put: '',
  }),
  postgres('J2', 'no look at the writer', 'an append stands on one of another writer', {
    file: PG_FLUSH,
    find: 'AND (p.expected_writer IS NULL OR a.writer = p.expected_writer)',
    put: '',
  }),
  postgres('J1', 'the gate stands open', 'entries and messages are written though a head did not move', {
    file: PG_FLUSH,
    find: "const gate = counts.has('moved') ? `(SELECT moved FROM gate) = ${counts.get('moved') as string}` : 'true';",
    put: "const gate = 'true';",
  }),
  postgres('J6', 'an ended message ends again', 'a change does not look whether its message has ended', {
    file: PG_FLUSH,
    find: 'AND i.state < ${DONE} AND ${gate}',
    put: 'AND ${gate}',
  }),
  postgres('J1', 'changes are not counted', 'a change that finds no row is taken for made', {
    file: PG_FLUSH,
    find: '  if (changes !== undefined) conditions.push(`(SELECT count(*) FROM changed) = ${changes}`);\n',
    put: '',
  }),
  postgres('J6', 'every message is new', 'an id that is known is told as accepted', {
    file: PG_WRITER,
    find: 'if (known.size === 0) return',
    put: 'if (known.size >= 0) return',
  }),
  postgres('J5', 'a refused write stays', 'what a refused write has written is not undone', {
    file: PG_EXACT,
    find: '      else await this.undo(client, mark);\n',
    put: "      else await client.query('RELEASE SAVEPOINT turn');\n",
  }),
  postgres('J3', 'one entry too far', 'a truncation takes the entry behind it along', {
    file: `${PG}truncate.ts`,
    find: 'await cut(client, database, actor, through);',
    put: 'await cut(client, database, actor, through + 1);',
  }),
  postgres('L1', 'a lease for everybody', 'a claim does not look whether another holds the lease', {
    file: `${PG}postgres-lease-storage.ts`,
    find: 'WHERE l.holder = excluded.holder OR l.expires_at <= clock_timestamp()',
    put: 'WHERE true',
  }),
  redis('I2', 'revival of anything', 'a message that has been answered is taken up again', {
    file: REDIS_FLUSH,
    find: "elseif op == 'r' and state == '3' then",
    put: "elseif op == 'r' then",
  }),
  redis('J2', 'no look at the head', 'an append goes wherever the head stands', {
    file: REDIS_FLUSH,
    find: 'if place ~= expected or (continues',
    put: 'if (continues',
  }),
  redis('J2', 'no look at the writer', 'an append stands on one of another writer', {
    file: REDIS_FLUSH,
    find: ' or (continues == 1 and holder ~= writer)',
    put: '',
  }),
  redis('J6', 'a plain turn writes over what is known', 'an ended message ends again', {
    file: REDIS_FLUSH,
    find: "if call('HSETNX', base .. 'i', field, row) == 0 then",
    put: "if call('HSET', base .. 'i', field, row) < 0 then",
  }),
  redis('J6', 'every message is new', 'an id that is known is accepted again', {
    file: REDIS_FLUSH,
    find: '  if known then return { 2, row[3], known } end\n',
    put: '',
  }),
  redis('J6', 'a send writes over what is known', 'a send to a receiver that knows its id makes the row anew', {
    file: REDIS_FLUSH,
    find: "    if call('HEXISTS', row[1] .. 'i', row[2] .. NUL .. row[3]) == 0 then\n",
    put: '    if true then\n',
  }),
  redis('J6', 'no look at the changes', 'a change does not look at the state of its message', {
    file: REDIS_FLUSH,
    find: '  refusal = refusal_of(base, actor, changes, rows)\n',
    put: '  refusal_of(base, actor, changes, rows)\n',
  }),
  redis('L1', 'a lease for everybody', 'a claim does not look whether another holds the lease', {
    file: `${REDIS}scripts/lease.scripts.ts`,
    find: 'if ends and tonumber(ends) > now and holder ~= ARGV[1] then',
    put: 'if false then',
  }),
];
