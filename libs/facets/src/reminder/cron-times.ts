import { Cron } from 'croner';

const MAX_PATTERN = 256;
/** Compiled patterns: making one costs as much as a few hundred next times. */
const KEPT = 1_000;
const compiled = new Map<string, Cron>();

/**
 * The first time of the pattern after `afterMs`, in the zone's local time. A local time that the clock jumps over in spring
 * counts as the moment it jumps to; of one that comes twice in autumn, a pattern of fixed times takes the first, and one of
 * steps or wildcards both. `null`: there is none any more.
 */
export function nextCronTime(pattern: string, zone: string, afterMs: number): number | null {
  return cronOf(pattern, zone).nextRun(new Date(afterMs))?.getTime() ?? null;
}

/** Why the pattern cannot be used, or `null`. */
export function whyNoCron(pattern: unknown, zone: string, nowMs: number): string | null {
  if (typeof pattern !== 'string') return 'has a cron pattern that is no string';
  if (zone === '') return 'has an empty zone, which would be that of whatever machine it runs on';
  if (pattern.length > MAX_PATTERN) return `has a cron pattern of more than ${MAX_PATTERN} characters`;
  if (!/^(@\w+|\S+(\s+\S+){4,6})$/.test(pattern.trim()))
    return `has the cron pattern ${JSON.stringify(pattern)}, which has not 5 to 7 parts`;
  if (pattern.includes('?'))
    return `has the cron pattern ${JSON.stringify(pattern)}, whose ? means another time each time it is read`;
  try {
    if (nextCronTime(pattern, zone, nowMs) !== null) return null;
  } catch (error) {
    return `has the cron pattern ${JSON.stringify(pattern)} in zone ${zone}, which is not understood: ${(error as Error).message}`;
  }
  return `has the cron pattern ${JSON.stringify(pattern)}, which never fires`;
}

function cronOf(pattern: string, zone: string): Cron {
  const key = `${zone} ${pattern}`;
  let cron = compiled.get(key);
  if (cron !== undefined) return cron;
  cron = new Cron(pattern, { timezone: zone, paused: true });
  if (compiled.size >= KEPT) compiled.delete(compiled.keys().next().value as string);
  compiled.set(key, cron);
  return cron;
}
