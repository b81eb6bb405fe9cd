import { SchemaTooNewError, ServerTooOldError, StorageUnavailableError, UnsafeStorageError } from '#spi';
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
    throw new ServerTooOldError(place, facts.version, OLDEST.join('.'));
  const refuse = (reason: string, remedy: string): never => {
    throw new StorageUnavailableError(place, reason, { remedy });
  };
  if (facts.isReplica) refuse('it is a replica, which takes no writes', 'Name the primary.');
  if (facts.isCluster && !target.cluster) refuse('it is part of a cluster', 'Say cluster: true.');
  if (!facts.isCluster && target.cluster)
    refuse('it is not part of a cluster', 'Name one server, without cluster: true.');
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
    const reply = (await ask({ command: 'config', keys: [], args: ['GET', setting] })) as readonly Buffer[];
    return reply[1]?.toString();
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
