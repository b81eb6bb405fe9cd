import { type Duration, InvalidDurationError } from '#spi';
import { LAST_TIME } from '../last-time';
import { whyNoCron } from './cron-times';
import { parseInterval } from './iso-duration';

/** What becomes of a reminder when its time was missed, or came again too early. @publicApi */
export interface ReminderPolicy {
  /**
   * Runs whose time passed while nobody could run them: `once` (default) makes up for all of them by one, `all` by one each,
   * `skip` drops those that are late by more than `grace`.
   */
  readonly missed?: 'skip' | 'once' | 'all';
  /** Default '1m'. */
  readonly grace?: Duration;
  /** A run that falls due while the one before it is still running: `skip` (default) drops it, `queue` runs it afterwards. */
  readonly overlap?: 'skip' | 'queue';
  /** It ends after so many runs. Default: never. */
  readonly maxOccurrences?: number;
  /** No run falls due after this time. */
  readonly until?: Date | number;
}

/** Every so long, from now on: '30s', 'PT1H'. At least a second. @publicApi */
export interface EveryInterval extends ReminderPolicy {
  readonly every: Duration;
}

/** By cron pattern: five parts, six with seconds first, seven with a year last as well, or a name such as `@daily`. @publicApi */
export interface AtCronTimes extends ReminderPolicy {
  readonly cron: string;
  /** IANA name whose local time counts. Default 'UTC'. */
  readonly zone?: string;
}

/** Once: at a time, or after a while. Both may lie years ahead. @publicApi */
export interface OnceAt extends ReminderPolicy {
  readonly at: Date | number;
}

/** See {@link OnceAt}. @publicApi */
export interface OnceAfter extends ReminderPolicy {
  readonly after: Duration;
}

/** When a reminder runs; a duration alone means every so long. @publicApi */
export type Recurrence = Duration | EveryInterval | AtCronTimes | OnceAt | OnceAfter;

/** {@link Recurrence}, checked. Plain data, since it is stored. */
export interface Schedule {
  readonly everyMs: number | null;
  readonly cron: string | null;
  readonly zone: string;
  readonly at: number | null;
  readonly afterMs: number | null;
  readonly missed: 'skip' | 'once' | 'all';
  readonly graceMs: number;
  readonly overlap: 'skip' | 'queue';
  readonly maxOccurrences: number | null;
  readonly until: number | null;
}

const SHORTEST_MS = 1_000;
const WAYS = ['every', 'cron', 'at', 'after'] as const;
const POLICIES = ['missed', 'grace', 'overlap', 'maxOccurrences', 'until'];

/** Why a recurrence is refused. */
export class Refusal extends Error {}

/** @throws Refusal */
export function readRecurrence(given: Recurrence, now: number): Schedule {
  const options = (typeof given === 'object' ? given : { every: given }) as unknown as Record<string, unknown> | null;
  if (options === null) throw new Refusal('has null for its recurrence');
  const ways = WAYS.filter((way) => options[way] !== undefined);
  const [way] = ways;
  if (way === undefined || ways.length > 1)
    throw new Refusal(`has to say one of ${WAYS.join(', ')}, and says ${ways.join(' and ') || 'none'}`);
  const unknown = Object.keys(options).find((key) => !knownOf(way).includes(key));
  if (unknown !== undefined)
    throw new Refusal(`has the unknown option ${unknown}; it takes ${knownOf(way).join(', ')}`);
  const zone = oneOf('zone', options['zone'] ?? 'UTC', null);
  const refusal = way === 'cron' ? whyNoCron(options['cron'], zone, now) : null;
  if (refusal !== null) throw new Refusal(refusal);
  return {
    everyMs: way === 'every' ? interval('every', options['every'], SHORTEST_MS) : null,
    cron: way === 'cron' ? (options['cron'] as string).trim() : null,
    zone,
    at: way === 'at' ? time('at', options['at']) : null,
    afterMs: way === 'after' ? interval('after', options['after'], 0) : null,
    missed: oneOf('missed', options['missed'] ?? 'once', ['skip', 'once', 'all']),
    graceMs: interval('grace', options['grace'] ?? '1m', 0),
    overlap: oneOf('overlap', options['overlap'] ?? 'skip', ['skip', 'queue']),
    maxOccurrences: options['maxOccurrences'] === undefined ? null : count(options['maxOccurrences']),
    until: options['until'] === undefined ? null : time('until', options['until']),
  };
}

/** It is over when it has run, or was given up, whatever its run has done about it. */
export function isOnce({ at, afterMs }: Schedule): boolean {
  return at !== null || afterMs !== null;
}

function knownOf(way: (typeof WAYS)[number]): readonly string[] {
  return [way, ...(way === 'cron' ? ['zone'] : []), ...POLICIES];
}

function interval(option: string, value: unknown, least: number): number {
  try {
    const ms = parseInterval(value as Duration);
    if (ms >= least && ms <= LAST_TIME) return ms;
  } catch (error) {
    if (!(error instanceof InvalidDurationError)) throw error;
  }
  throw new Refusal(
    `has ${option} ${String(value)}, which is no duration of at least ${least} ms, such as '30s' or 'PT1H'`,
  );
}

function time(option: string, value: unknown): number {
  const ms = value instanceof Date ? value.getTime() : value;
  if (typeof ms === 'number' && Number.isFinite(ms) && Math.abs(ms) <= LAST_TIME) return Math.round(ms);
  throw new Refusal(`has ${option} ${String(value)}, which is no time`);
}

function count(value: unknown): number {
  if (Number.isSafeInteger(value) && (value as number) >= 1) return value as number;
  throw new Refusal(`has maxOccurrences ${String(value)}, which is no whole number from 1 up`);
}

function oneOf<V extends string>(option: string, value: unknown, allowed: readonly V[] | null): V {
  if (typeof value === 'string' && (allowed === null || allowed.includes(value as V))) return value as V;
  throw new Refusal(
    `has ${option} ${String(value)}${allowed === null ? '' : `, which is none of ${allowed.join(', ')}`}`,
  );
}
