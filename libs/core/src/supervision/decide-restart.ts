import type { RestartType } from './child-spec';
import type { Strategy } from './supervisor.decorator';

/** How a child ended. */
export interface Exit {
  /** It was stopped, and ended well. */
  readonly normal: boolean;
  readonly error?: unknown;
}

/** Is this end to be mended? Pure. Source: OTP's supervisor. */
export function decideExit(restart: RestartType, exit: Exit): 'restart' | 'leave' {
  if (restart === 'permanent') return 'restart';
  return restart === 'transient' && !exit.normal ? 'restart' : 'leave';
}

/** How many restarts a supervisor allows, per supervisor. */
export interface Intensity {
  readonly maxRestarts: number;
  readonly withinMs: number;
}

export interface RestartDecision {
  readonly kind: 'restart' | 'giveUp';
  /** Wall-clock times of the restarts that count, this one included. */
  readonly times: readonly number[];
}

/** Pure. A time ahead of the clock is from before it was put back, and counts for nothing. */
export function decideRestart(
  { maxRestarts, withinMs }: Intensity,
  times: readonly number[],
  now: number,
): RestartDecision {
  const recent = times.filter((time) => time <= now && now - time <= withinMs);
  const counted = [...recent, now];
  return { kind: counted.length > maxRestarts ? 'giveUp' : 'restart', times: counted };
}

/** Those that are stopped, last first, and started again, first first, when the child at `index` has ended. Pure. */
export function resolveGroup<T>(strategy: Strategy, children: readonly T[], index: number): readonly T[] {
  if (strategy === 'oneForAll') return [...children];
  if (strategy === 'restForOne') return children.slice(index);
  return children.slice(index, index + 1);
}
