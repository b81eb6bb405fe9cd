// Opens what a killed process left, shows the first thing it reads, and ends.
import { writeSync } from 'node:fs';
import { SqliteStorage } from '#storage/sqlite';

async function main(): Promise<void> {
  const durability = process.argv[3] === 'relaxed' ? 'relaxed' : 'full';
  const storage = await SqliteStorage.open(process.argv[2] as string, { durability });
  writeSync(1, `read ${(await storage.journal.head('actor 0')).seq}\n`);
  await storage.close();
}

void main();
