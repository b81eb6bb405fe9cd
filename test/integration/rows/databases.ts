import { postgres } from './postgres-database';
import { type ShopDatabase, sqlite } from './shop';

/** The databases that hold an application's tables and the journal: every test of theirs runs on each. */
export const databases: readonly ShopDatabase[] = postgres === undefined ? [sqlite] : [sqlite, postgres];

export function databaseNamed(name: string): ShopDatabase {
  const found = databases.find((database) => database.name === name);
  if (found === undefined)
    throw new Error(`${name} is none of ${databases.map((database) => database.name).join(', ')}`);
  return found;
}
