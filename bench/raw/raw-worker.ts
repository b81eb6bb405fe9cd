import { parentPort, workerData } from 'node:worker_threads';
import Database from 'better-sqlite3';
import { HEADER_INTS, type RawWorkerData, WRITER, actorName, bytesOf, messageId } from './raw-protocol';
import type { AppendShape, InboxShape } from './record-turn';

/**
 * What somebody would write by hand with better-sqlite3 for these tables: a thread that owns the connection, prepared
 * statements, one transaction for whatever has arrived, the settings of the store it is compared with. No savepoints,
 * no outcomes, no checks but that of the head row.
 */
const { path, keys, shapes } = workerData as RawWorkerData;
const database = new Database(path);
for (const setting of ['journal_mode = WAL', 'synchronous = FULL', 'wal_autocheckpoint = 4000', 'cache_size = -65536'])
  database.pragma(setting);

const begin = database.prepare('BEGIN IMMEDIATE');
const commit = database.prepare('COMMIT');
const moveHead = database.prepare(
  'UPDATE ps_actor SET head = ?, epoch = 1, writer = ?, schema = 0, status = 1 WHERE id = ? AND head = ? AND epoch = 1',
);
const insertFrame = database.prepare('INSERT INTO ps_journal (actor, first_seq, entries, frame) VALUES (?, ?, ?, ?)');
const insertEnded = database.prepare(
  'INSERT INTO ps_inbox (actor, id, state, args_hash, attempts, answer, expires_at) VALUES (?, ?, 2, ?, 0, ?, ?)',
);
const insertOpen = database.prepare(
  'INSERT INTO ps_inbox (actor, id, state, args_hash, message, attempts, due_at) VALUES (?, ?, 1, ?, ?, 1, ?)',
);
const end = database.prepare(
  'UPDATE ps_inbox SET state = 2, args_hash = ?, answer = ?, expires_at = ?, due_at = NULL, message = NULL WHERE id = ? AND actor = ?',
);

const ids = makeActors();

function makeActors(): number[] {
  const insert = database
    .prepare('INSERT INTO ps_actor (name, head, epoch, writer, schema, status) VALUES (?, 0, 1, ?, 0, 1) RETURNING id')
    .pluck();
  return Array.from({ length: keys }, (_, i) => insert.get(actorName(i), WRITER) as number);
}

/** Applies one group of appends as the buffer lists them. */
function flush(buffer: ArrayBuffer): void {
  const [count = 0] = new Int32Array(buffer, 0, 1);
  const header = new Int32Array(buffer, 4, count * HEADER_INTS);
  let at = 4 + header.byteLength;
  begin.run();
  for (let i = 0; i < count; i++) {
    const [key = 0, seq = 0, step = 0, number = 0] = header.subarray(i * HEADER_INTS);
    const shape = shapes[step] as AppendShape;
    append(ids[key] as number, seq, shape, number, new Uint8Array(buffer, at, bytesOf(shape)));
    at += bytesOf(shape);
  }
  commit.run();
}

function append(actor: number, seq: number, shape: AppendShape, number: number, bytes: Uint8Array): void {
  if (moveHead.run(seq + shape.entries, WRITER, actor, seq).changes !== 1) throw new Error('The head row moved.');
  let at = shape.frameBytes;
  if (shape.entries > 0) insertFrame.run(actor, seq + 1, shape.entries, bytes.subarray(0, at));
  for (const row of shape.inbox) {
    change(actor, row, messageId(number, row.idLength), bytes.subarray(at, at + row.bytes));
    at += row.bytes;
  }
}

function change(actor: number, { op, argsHash }: InboxShape, id: string, bytes: Uint8Array): void {
  const time = Date.now();
  if (op === 'ended') insertEnded.run(actor, id, argsHash, bytes, time);
  else if (op === 'open') insertOpen.run(actor, id, argsHash, bytes, time);
  else end.run(argsHash, bytes, time, id, actor);
}

parentPort?.on('message', (buffer: ArrayBuffer | null) => {
  if (buffer === null) {
    database.close();
    parentPort?.close();
    return;
  }
  flush(buffer);
  parentPort?.postMessage(null);
});
