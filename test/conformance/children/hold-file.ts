// Opens a store, says so, and keeps it until it is killed.
import { writeSync } from 'node:fs';
import { SqliteStorage } from '#storage/sqlite';

async function main(): Promise<void> {
  try {
    await SqliteStorage.open(process.argv[2] as string);
    writeSync(1, 'open\n');
    setInterval(() => undefined, 1_000_000);
  } catch (error) {
    writeSync(1, `${(error as { code?: string }).code}: ${(error as Error).message}\n`);
  }
}

void main();
