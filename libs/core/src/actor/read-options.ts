import { parseDuration, type PersistentStorage } from '#spi';
import { InvalidActorClassError } from '../errors';
import type { SnapshotConfig } from '../persistence/snapshot-config';
import type { ActorDefinition } from './actor-definition';
import type { ActorOptions } from './actor.decorator';
import { checkOptionNames } from './read-members';
import { refusalOfName } from './reserved-names';

const KNOWN = ['type', 'version', 'schema', 'onPoison', 'mailbox', 'maxTurnAge', 'snapshot'] as const;

type ResolvedActorOptions = Pick<
  ActorDefinition,
  'type' | 'version' | 'schema' | 'onPoison' | 'mailbox' | 'maxTurnAgeMs' | 'snapshot'
>;

/** `@Actor({ … })`, checked, with defaults. `snapshots`: where those go that name no storage of their own. */
export function resolveActorOptions(
  className: string,
  options: ActorOptions,
  snapshots: PersistentStorage | null,
): ResolvedActorOptions {
  checkOptionNames(className, '@Actor()', options, KNOWN);
  checkOptionNames(className, '@Actor() mailbox', options.mailbox ?? {}, ['maxMessages', 'maxBytes']);
  const resolve = <T>(option: string, make: () => T): T => resolveOption(className, `@Actor() ${option}`, make);
  return {
    type: resolve('type', () => named(options.type)),
    version: resolve('version', () => named(options.version ?? '1')),
    schema: resolve('schema', () => wholeFrom1(options.schema ?? 1)),
    onPoison: resolve('onPoison', () => poison(options.onPoison ?? 'park')),
    mailbox: {
      maxMessages: resolve('mailbox.maxMessages', () => wholeFrom1(options.mailbox?.maxMessages ?? 10_000)),
      maxBytes: resolve('mailbox.maxBytes', () => wholeFrom1(options.mailbox?.maxBytes ?? 16 * 1024 * 1024)),
    },
    maxTurnAgeMs: resolve('maxTurnAge', () => wholeFrom1(parseDuration(options.maxTurnAge ?? '5m'))),
    snapshot: resolveSnapshot(className, options.snapshot, snapshots),
  };
}

/** Says which option it was that could not be resolved. @throws InvalidActorClassError */
export function resolveOption<T>(className: string, option: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new InvalidActorClassError(className, `${option}: ${reason}`, 'Correct the option.');
  }
}

function resolveSnapshot(
  className: string,
  snapshot: ActorOptions['snapshot'],
  fallback: PersistentStorage | null,
): SnapshotConfig | null {
  if (snapshot === undefined) return null;
  const options = snapshot === true ? {} : snapshot;
  checkOptionNames(className, '@Actor() snapshot', options, ['storage', 'every']);
  const storage = options.storage ?? fallback;
  if (storage === null)
    throw new InvalidActorClassError(
      className,
      'it has snapshots but no storage for them',
      'Give @Actor({ snapshot: { storage } }), or snapshots: { storage } to PlexSpacesModule.forRoot.',
    );
  const every = resolveOption(className, '@Actor() snapshot.every', () => wholeFrom1(options.every ?? 10));
  return { storage, every };
}

function named(name: unknown): string {
  const refusal = refusalOfName(name);
  if (refusal !== null) throw new RangeError(`${JSON.stringify(name)} ${refusal}`);
  return name as string;
}

function wholeFrom1(value: unknown): number {
  if (Number.isSafeInteger(value) && (value as number) >= 1) return value as number;
  throw new RangeError(`${String(value)} is not a whole number from 1 up`);
}

function poison(value: unknown): 'park' | 'hold' {
  if (value === 'park' || value === 'hold') return value;
  throw new RangeError(`${String(value)} is neither 'park' nor 'hold'`);
}
