import { Client } from 'pg';
import { type RawAppend, WRITER, actorName, messageId, payloadsOf } from './raw-protocol';
import type { RawWriter } from './raw-store';
import type { AppendShape } from './record-turn';

/**
 * One prepared statement per group, whose parameters are a column each and all bytes end to end: what somebody would write by hand for these
 * tables. No outcomes, no checks but that of the head rows.
 */
const FLUSH = `
  WITH moved AS (
    UPDATE ps_actor a SET head = h.head, epoch = 1, writer = '${WRITER}', schema = 0, status = 1
    FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) h (id, expected, head)
    WHERE a.id = h.id AND a.head = h.expected AND a.epoch = 1 RETURNING 1
  ), frames AS (
    INSERT INTO ps_journal (actor, first_seq, entries, frame)
    SELECT f.actor, f.seq, f.entries, substring($4::bytea FROM f.at FOR f.size)
    FROM unnest($5::bigint[], $6::bigint[], $7::integer[], $8::integer[], $9::integer[]) f (actor, seq, entries, at, size)
  ), fresh AS (
    INSERT INTO ps_inbox (actor, id, state, args_hash, message, attempts, due_at, answer, expires_at)
    SELECT i.actor, i.id, CASE i.op WHEN 'open' THEN 1 ELSE 2 END, i.hash,
      CASE i.op WHEN 'open' THEN substring($4::bytea FROM i.at FOR i.size) END, CASE i.op WHEN 'open' THEN 1 ELSE 0 END,
      CASE i.op WHEN 'open' THEN $16::bigint END,
      CASE i.op WHEN 'ended' THEN substring($4::bytea FROM i.at FOR i.size) END, CASE i.op WHEN 'ended' THEN $16::bigint END
    FROM unnest($10::bigint[], $11::text[], $12::text[], $13::text[], $14::integer[], $15::integer[]) i (actor, id, op, hash, at, size)
    WHERE i.op <> 'end'
  ), ended AS (
    UPDATE ps_inbox r SET state = 2, args_hash = i.hash, answer = substring($4::bytea FROM i.at FOR i.size),
      expires_at = $16::bigint, due_at = NULL, message = NULL
    FROM unnest($10::bigint[], $11::text[], $12::text[], $13::text[], $14::integer[], $15::integer[]) i (actor, id, op, hash, at, size)
    WHERE i.op = 'end' AND r.id = i.id AND r.actor = i.actor
  )
  SELECT count(*)::integer AS moved FROM moved`;

interface HeadMove {
  readonly expected: number;
  head: number;
}

export class PostgresRawWriter implements RawWriter {
  private readonly payloads: readonly Uint8Array[];

  private constructor(
    private readonly client: Client,
    private readonly ids: readonly string[],
    private readonly shapes: readonly AppendShape[],
  ) {
    this.payloads = payloadsOf(shapes);
  }

  static async open(url: string, keys: number, shapes: readonly AppendShape[]): Promise<PostgresRawWriter> {
    const client = new Client({ connectionString: url });
    await client.connect();
    await client.query('SET search_path TO plexspaces');
    const { rows } = await client.query<{ id: string }>(
      `INSERT INTO ps_actor (name, head, epoch, writer, schema, status)
       SELECT name, 0, 1, $2, 0, 1 FROM unnest($1::text[]) name RETURNING id`,
      [Array.from({ length: keys }, (_, key) => actorName(key)), WRITER],
    );
    const ids = rows.map(({ id }) => id);
    return new PostgresRawWriter(client, ids, shapes);
  }

  async write(appends: readonly RawAppend[]): Promise<void> {
    const moves = new Map<string, HeadMove>();
    const frames: { actor: string; seq: number; entries: number; at: number; size: number }[] = [];
    const inbox: { actor: string; id: string; op: string; hash: string; at: number; size: number }[] = [];
    let at = 1; // SQL counts from one
    for (const { key, seq, step, number } of appends) {
      const { entries, frameBytes, inbox: changes } = this.shapes[step] as AppendShape;
      const actor = this.ids[key] as string;
      const move = moves.get(actor) ?? { expected: seq, head: seq };
      moves.set(actor, Object.assign(move, { head: seq + entries }));
      if (entries > 0) frames.push({ actor, seq: seq + 1, entries, at, size: frameBytes });
      at += frameBytes;
      for (const { op, idLength, argsHash, bytes } of changes) {
        inbox.push({ actor, id: messageId(number, idLength), op, hash: argsHash, at, size: bytes });
        at += bytes;
      }
    }
    const { rows } = await this.client.query<{ moved: number }>({
      name: 'flush',
      text: FLUSH,
      values: [
        [...moves.keys()],
        ...columns([...moves.values()], ['expected', 'head']),
        Buffer.concat(appends.map(({ step }) => this.payloads[step] as Uint8Array)),
        ...columns(frames, ['actor', 'seq', 'entries', 'at', 'size']),
        ...columns(inbox, ['actor', 'id', 'op', 'hash', 'at', 'size']),
        Date.now(),
      ],
    });
    if (rows[0]?.moved !== moves.size) throw new Error('A head row moved.');
  }

  close(): Promise<void> {
    return this.client.end();
  }
}

function columns<T>(rows: readonly T[], names: readonly (keyof T)[]): unknown[][] {
  return names.map((name) => rows.map((row) => row[name]));
}
