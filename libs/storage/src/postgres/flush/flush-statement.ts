import type { Tables } from '../tables';
import { DONE, OPEN } from './fast-plan';

const HEAD = 'head bigint, epoch bigint, writer text, schema integer, status smallint';

/** What a flush may bring, in the order of the statement's parameters, each as columns of equal length. */
export const COLUMNS = {
  moved: `id bigint, expected bigint, expected_epoch bigint, expected_writer text, ${HEAD}`,
  made: `id bigint, name text, ${HEAD}`,
  frames: 'actor bigint, first_seq bigint, entries integer, at integer, size integer',
  changes:
    'actor bigint, id text, state smallint, attempts integer, due_at bigint, args_hash text, at integer, size integer, expires_at bigint, forget smallint',
  opened: 'actor bigint, id text, args_hash text, at integer, size integer, attempts integer, due_at bigint',
  ended: 'actor bigint, id text, state smallint, args_hash text, at integer, size integer, expires_at bigint',
  /** Queued rows, which may be there already; then opened ones stand among them, in the order of acceptance (I1). */
  arrived:
    'actor bigint, id text, state smallint, args_hash text, at integer, size integer, attempts integer, due_at bigint',
} as const;

export type Part = keyof typeof COLUMNS;
export const PARTS = Object.keys(COLUMNS) as readonly Part[];

/** Parts whose number of rows touched decides; it goes before their columns, that of opened rows with it. */
export const COUNTED: ReadonlySet<Part> = new Set<Part>(['moved', 'changes', 'arrived']);

export interface NamedStatement {
  readonly name: string;
  readonly text: string;
}

/**
 * The statements of a store, one for each set of parts: what a flush does not bring costs the server something all the
 * same, once per flush, and most flushes bring two or three.
 */
export class FlushStatements {
  private readonly known = new Map<string, NamedStatement>();

  constructor(private readonly tables: Tables) {}

  of(parts: readonly Part[]): NamedStatement {
    const name = `ps-flush-${parts.join('-')}`;
    let statement = this.known.get(name);
    if (statement === undefined) this.known.set(name, (statement = { name, text: textOf(this.tables, parts) }));
    return statement;
  }
}

/** `$1` are the bytes of all writes, then part by part its count, where it has one, and its columns. */
function textOf({ actor, journal, inbox }: Tables, parts: readonly Part[]): string {
  let next = 2;
  const counts = new Map<Part, string>();
  const sources = new Map<Part, string>();
  for (const part of parts) {
    if (COUNTED.has(part)) counts.set(part, `$${next++}::bigint`);
    if (part === 'arrived') counts.set('opened', `$${next++}::bigint`);
    const pairs = COLUMNS[part].split(', ').map((column) => column.split(' ') as [string, string]);
    const arrays = pairs.map(([, type]) => `$${next++}::${type}[]`);
    sources.set(part, `unnest(${arrays.join(', ')}) AS p (${pairs.map(([name]) => name).join(', ')})`);
  }
  const gate = counts.has('moved') ? `(SELECT moved FROM gate) = ${counts.get('moved') as string}` : 'true';
  const bytes = (at: string, size: string): string => `substring($1::bytea FROM p.${at} FOR p.${size})`;

  const steps: Record<Part, string> = {
    moved: `moved AS (
      UPDATE ${actor} a SET head = p.head, epoch = p.epoch, writer = p.writer, schema = p.schema, status = p.status
        FROM ${sources.get('moved') ?? ''}
        WHERE a.id = p.id AND a.head = p.expected AND a.epoch = p.expected_epoch
          AND (p.expected_writer IS NULL OR a.writer = p.expected_writer)
        RETURNING 1
    ), gate AS (SELECT count(*) AS moved FROM moved)`,
    made: `made AS (
      INSERT INTO ${actor} (id, name, head, epoch, writer, schema, status)
        SELECT p.* FROM ${sources.get('made') ?? ''} WHERE ${gate})`,
    frames: `framed AS (
      INSERT INTO ${journal} (actor, first_seq, entries, frame)
        SELECT p.actor, p.first_seq, p.entries, ${bytes('at', 'size')} FROM ${sources.get('frames') ?? ''} WHERE ${gate})`,
    changes: `changed AS (
      UPDATE ${inbox} i SET state = greatest(i.state, p.state), attempts = coalesce(p.attempts, i.attempts),
          due_at = CASE WHEN p.state >= ${DONE} THEN NULL ELSE coalesce(p.due_at, i.due_at) END,
          args_hash = coalesce(p.args_hash, i.args_hash), expires_at = p.expires_at, answer = ${bytes('at', 'size')},
          message = CASE p.forget WHEN 1 THEN NULL ELSE i.message END
        FROM ${sources.get('changes') ?? ''}
        WHERE i.id = p.id AND i.actor = p.actor AND i.state < ${DONE} AND ${gate}
        RETURNING 1)`,
    opened: `opened AS (
      INSERT INTO ${inbox} (actor, id, state, args_hash, message, attempts, due_at)
        SELECT p.actor, p.id, ${OPEN}, p.args_hash, ${bytes('at', 'size')}, p.attempts, p.due_at
        FROM ${sources.get('opened') ?? ''} WHERE ${gate})`,
    ended: `ended AS (
      INSERT INTO ${inbox} (actor, id, state, args_hash, attempts, answer, expires_at)
        SELECT p.actor, p.id, p.state, p.args_hash, 0, ${bytes('at', 'size')}, p.expires_at
        FROM ${sources.get('ended') ?? ''} WHERE ${gate})`,
    arrived: `arrived AS (
      INSERT INTO ${inbox} (actor, id, state, args_hash, message, attempts, due_at)
        SELECT p.actor, p.id, p.state, p.args_hash, ${bytes('at', 'size')}, p.attempts, p.due_at
        FROM ${sources.get('arrived') ?? ''} WHERE ${gate}
        ON CONFLICT DO NOTHING
        RETURNING actor, id, state)`,
  };
  // A flush may have no bytes to store: the server wants to know the type of each parameter.
  const given = 'given AS (SELECT $1::bytea)';
  return `WITH ${[given, ...parts.map((part) => steps[part])].join(', ')} ${verdict(counts, gate)}`;
}

/** `NULL`: all is stored. A list: of those queued, these were new. An error, which undoes all, where something stood in the way. */
function verdict(counts: ReadonlyMap<Part, string>, gate: string): string {
  const [moved, changes, arrived, opened] = (['moved', 'changes', 'arrived', 'opened'] as const).map((part) =>
    counts.get(part),
  );
  const conditions: string[] = [];
  if (moved !== undefined) conditions.push(gate);
  if (changes !== undefined) conditions.push(`(SELECT count(*) FROM changed) = ${changes}`);
  let known = 'NULL';
  if (arrived !== undefined) {
    conditions.push(`(SELECT count(*) FROM arrived WHERE state > 0) = ${opened as string}`);
    known = `CASE WHEN (SELECT count(*) FROM arrived) <> ${arrived}
      THEN (SELECT coalesce(json_agg(actor || '/' || id), '[]') FROM arrived WHERE state = 0) END`;
  }
  if (conditions.length === 0) return 'SELECT NULL';
  const touched =
    moved === undefined
      ? `(SELECT count(*) FROM ${changes === undefined ? 'arrived' : 'changed'})`
      : '(SELECT moved FROM gate)';
  // Nothing constant: that would be divided before the statement runs.
  return `SELECT CASE WHEN ${conditions.join(' AND ')} THEN ${known} ELSE (1 / (0 * ${touched}))::text::json END`;
}
