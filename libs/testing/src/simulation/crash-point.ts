import { setFailpointHook } from '#spi';
import type { SimClock } from './sim-clock';
import type { SimLife } from './sim-life';

/**
 * `strike` is called in the middle of what `life` does: when it passes the `steps`-th named point of the runtime from
 * now on. The code behind it still runs to the end of its event, unheard: as far as anyone can tell it has died there.
 */
export function armCrashPoint(clock: SimClock, life: SimLife, steps: number, strike: (point: string) => void): void {
  let left = steps;
  setFailpointHook((point) => {
    if (clock.current !== life || --left > 0) return;
    disarmCrashPoint();
    strike(point);
  });
}

/** Named points are one comparison again. */
export function disarmCrashPoint(): void {
  setFailpointHook(undefined);
}
