import { type SchemaState, migratorFor } from '../storage/open-storage';
import { readAddress } from '../storage/storage-address';
import type { Terminal } from '../terminal';

export async function migrateCommand({ out, env }: Terminal, storage: string | undefined): Promise<void> {
  const address = readAddress(storage, env);
  const { version } = await migratorFor(address, 'migrate').migrate();
  out(`${address.label} has the tables of version ${version}.\n`);
}

export async function statusCommand({ out, env }: Terminal, storage: string | undefined): Promise<void> {
  const address = readAddress(storage, env);
  out(`${address.label} ${describe(await migratorFor(address, 'status').status())}\n`);
}

export async function sqlCommand({ out, env }: Terminal, storage: string | undefined): Promise<void> {
  out(await migratorFor(readAddress(storage, env), 'sql').sql());
}

function describe({ version, latest, pending }: SchemaState): string {
  if (version > latest) return `has tables of version ${version}, newer than this build, which knows ${latest}.`;
  if (pending.length === 0) return `is up to date, at version ${version}.`;
  return `is at version ${version} of ${latest}; missing: ${pending.join(', ')}. Run: plexspaces migrate`;
}
