// Writes, waits for the answer, and comes to its end without closing the store.
import { writeSync } from 'node:fs';
import { SqliteStorage } from '#storage/sqlite';

async function main(): Promise<void> {
  const { journal } = await SqliteStorage.open(process.argv[2] as string);
  const row = { actor: 'a', id: 'm', argsHash: '', message: new Uint8Array(1), attempts: 0, dueAt: 1 };
  const [outcome] = await journal.flush([{ kind: 'accept', row }]);
  writeSync(1, `${outcome?.kind}\n`);
}

void main();
