// Appends for several actors at once and writes down each acknowledgement, until somebody kills it.
import { writeSync } from 'node:fs';
import type { AppendWrite } from '#spi';
import { SqliteStorage } from '#storage/sqlite';

const ACTORS = 5;
const text = (value: string): Uint8Array => new TextEncoder().encode(value);

function turn(actor: string, seq: number): AppendWrite {
  const id = `m${seq / 3}`;
  return {
    kind: 'append',
    actor,
    expected: { seq, epoch: seq === 0 ? 0 : 1 },
    epoch: 1,
    writer: 'child',
    schema: 1,
    status: 'live',
    entries: [1, 2, 3].map((i) => ({ seq: seq + i, bytes: text(`entry ${seq + i}`) })),
    inbox: [{ op: 'done', id, argsHash: '', answer: text(id), expiresAt: null, fresh: true }],
    sends: [{ actor: 'receiver', id: `${actor}/${id}`, argsHash: '', message: text(id), attempts: 0, dueAt: 1 }],
  };
}

async function main(): Promise<void> {
  const durability = process.argv[3] === 'relaxed' ? 'relaxed' : 'full';
  const { journal } = await SqliteStorage.open(process.argv[2] as string, { durability });
  writeSync(1, 'open\n');
  for (let seq = 0; ; seq += 3) {
    const outcomes = await journal.flush(Array.from({ length: ACTORS }, (_, i) => turn(`actor ${i}`, seq)));
    for (const [i, outcome] of outcomes.entries()) {
      if (outcome.kind !== 'committed') throw new Error(`unexpected ${JSON.stringify(outcome)}`);
      writeSync(1, `ack ${i} ${outcome.head.seq}\n`);
    }
  }
}

void main();
