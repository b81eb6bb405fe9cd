import type { ActorSystem } from '#core';
import { type Duration, type Env, type Storage, parseDuration } from '#spi';
import { ManualClock } from '../clock/manual-clock';
import { AppNotDrainedError } from '../errors';

/** Actors named in an error. */
const SHOWN = 5;
const FOR_EVER = Number.MAX_SAFE_INTEGER;
/** Between two looks in real time. */
const LOOK_MS = 2;

/** Waits until no message waits anywhere and no actor has anything to do. @throws AppNotDrainedError */
export async function drainApp(system: ActorSystem, storage: Storage, clock: Env, within: Duration): Promise<void> {
  const until = clock.monotonic() + parseDuration(within);
  for (;;) {
    if (clock instanceof ManualClock) await clock.settle();
    const waiting = await storage.inbox.due(FOR_EVER, SHOWN);
    if (waiting.length === 0 && system.isIdle) return;
    if (clock.monotonic() >= until || !(await passTime(clock, until)))
      throw new AppNotDrainedError(
        String(within),
        waiting.map(({ actor }) => actor),
      );
  }
}

/** @returns `false`: nothing will come of waiting */
async function passTime(clock: Env, until: number): Promise<boolean> {
  if (!(clock instanceof ManualClock)) {
    const next = clock.monotonic() + LOOK_MS;
    // Turns of the event loop, since timers of an Env do not keep a program alive that waits for nothing else.
    while (clock.monotonic() < next) await new Promise<void>((resolve) => clock.immediate(resolve));
    return true;
  }
  const [nearest] = clock.waits;
  if (nearest === undefined || clock.monotonic() + nearest > until) return false;
  return clock.advanceToNext();
}
