import { SchemaTooNewError, StorageUnavailableError, UnsafeStorageError } from '#spi';
import { isReply } from './driver';
import type { Call } from './link';
import type { RedisTarget } from './redis-options';
import type { ServerFacts } from './server-facts';

type Ask = (call: Call) => Promise<unknown>;

/** What this build reads and writes. */
export const SCHEMA_VERSION = 1;
/** Scripts whose effects, not texts, are replicated and logged, `TIME` in them, ACLs. */
const OLDEST = [6, 2] as const;

/** Looks whether a server may hold a durable store. @throws UnsafeStorageError, StorageUnavailableError */
export async function inspectServer(place: string, facts: ServerFacts, target: RedisTarget, ask: Ask): Promise<void> {
  const [major, minor] = facts.version.split('.').map(Number) as [number, number];
  if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1]))
    throw new StorageUnavailableError(place, `it is Redis ${facts.version}; ${OLDEST.join('.')} or newer is needed`);
  if (facts.isReplica)
    throw new StorageUnavailableError(place, 'it is a replica, which cannot be written to; name the primary');
  if (facts.isCluster !== target.cluster) {
    const hint = facts.isCluster
      ? 'it is part of a cluster: say cluster: true'
      : 'it is not part of a cluster: leave cluster out, and name one server';
    throw new StorageUnavailableError(place, hint);
  }
  await ask({ command: 'client', keys: [], args: ['KILL', 'ID', String(Number.MAX_SAFE_INTEGER)] }); // may it? It has to, after a failure.
  if (target.durability === 'full') await inspectSettings(facts, target, ask);
}

async function inspectSettings(facts: ServerFacts, target: RedisTarget, ask: Ask): Promise<void> {
  const needed = { appendonly: 'yes', appendfsync: 'always', 'maxmemory-policy': 'noeviction' };
  for (const [setting, required] of Object.entries(needed)) {
    const found = await settingOf(setting, ask);
    if (found === undefined && setting === 'appendonly' && facts.hasAof === true) continue;
    if (found === undefined && target.trustServer) continue;
    if (found !== required)
      throw new UnsafeStorageError(
        setting,
        found ?? 'not to be read (CONFIG is barred; trustServer: true takes it for safe)',
        required,
      );
  }
  if ((await settingOf('aof-load-truncated', ask)) === 'yes')
    target.warn(
      'Redis has aof-load-truncated yes: after a crash of its machine it may start without the last acknowledged writes, and say so in its own log only. ' +
        'Set aof-load-truncated no, then a damaged end of the file stops its start.',
    );
}

/** `undefined`: the server does not tell. */
async function settingOf(setting: string, ask: Ask): Promise<string | undefined> {
  try {
    const reply = (await ask({ command: 'config', keys: [], args: ['GET', setting] })) as readonly unknown[];
    return reply[1] === undefined ? undefined : String(reply[1]);
  } catch (error) {
    if (isReply(error)) return undefined;
    throw error;
  }
}

/** The version in the store; a new store gets this build's. @throws SchemaTooNewError */
export function checkSchema(subject: string, found: unknown): void {
  const version = Number(found);
  if (!(version <= SCHEMA_VERSION)) throw new SchemaTooNewError(subject, version, SCHEMA_VERSION);
}
