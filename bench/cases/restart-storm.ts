import type { Type } from '@nestjs/common';
import { Actor, Handle, Supervisor, UseFacets, child, isPlexSpacesError, virtualActor } from 'plexspaces';
import { VirtualCounter } from '../app/actors';
import { check } from '../app/check';
import { type App, startOn } from '../app/start-app';
import type { Case } from '../harness/case';
import { driveFor } from '../harness/drive';
import { IN_FLIGHT, KEYS } from './ask-loop';

@Actor({ type: 'crashing' })
@UseFacets(virtualActor())
class Crashing {
  @Handle()
  crash(): void {
    throw new Error('once more');
  }
}

interface Storm {
  readonly restarts: number;
  /** From the last of them until all children are down. */
  readonly settleMs: number;
}

/** Children that all crash as often as they are let, beside counters that are nobody's children: how often that is, and what the counters feel of it. */
export const run: Case = async (bench) => {
  const [children, maxRestarts] = [bench.times(1_000, 10), bench.times(5_000, 50)];
  const app = await startOn(await bench.store(), VirtualCounter, Crashing, superviseThem(children, maxRestarts));
  const counters = app.client(VirtualCounter);
  let asked = 0;
  const ask = async (index: number): Promise<void> => {
    asked++;
    // As asks that come by a network do; those of a loop alone let no event in between, and restarts are recorded in a store.
    await new Promise((resolve) => setImmediate(resolve));
    await counters.ref(`c${index % KEYS}`).ask.add(1);
  };
  await driveFor(bench.times(1_000, 20), IN_FLIGHT, ask);
  const calm = await driveFor(bench.times(3_000, 50), IN_FLIGHT, ask);

  const storm = raise(app, children);
  let isOver = false;
  const ended = storm.finally(() => (isOver = true));
  const answered = asked;
  const start = performance.now();
  let index = 0;
  const loop = async (): Promise<void> => {
    do await ask(index++);
    while (!isOver);
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, loop));
  const stormOpsPerSecond = (asked - answered) / ((performance.now() - start) / 1_000);
  const { restarts, settleMs } = await ended;

  const values = await Promise.all(Array.from({ length: KEYS }, (_, key) => counters.ref(`c${key}`).ask.add(0)));
  check(
    'The sum of the counters',
    values.reduce((total, value) => total + value, 0),
    asked,
  );
  await app.close();
  return {
    shareOfBound: restarts / maxRestarts,
    restarts,
    settleMs,
    stormOpsPerSecond,
    calmOpsPerSecond: calm.opsPerSecond,
  };
};

function superviseThem(children: number, maxRestarts: number): Type<object> {
  class Top {}
  Supervisor({
    strategy: 'oneForOne',
    maxRestarts,
    within: '1h',
    children: Array.from({ length: children }, (_, i) => child(Crashing, `k${i}`)),
  })(Top);
  return Top;
}

/** Each child is asked to crash until it is down for good. */
async function raise(app: App, children: number): Promise<Storm> {
  let restarts = 0;
  let lastAt = 0;
  const settled = new Promise<number>((resolve) => {
    app.system.supervision.events$.subscribe(({ kind }) => {
      if (kind === 'restarted') {
        restarts++;
        lastAt = performance.now();
      }
      if (kind === 'rootFailed') resolve(performance.now());
    });
  });
  const crashing = app.client(Crashing);
  await Promise.all(Array.from({ length: children }, (_, i) => crashForEver(() => crashing.ref(`k${i}`).ask.crash())));
  return { restarts, settleMs: (await settled) - lastAt };
}

async function crashForEver(crash: () => Promise<void>): Promise<void> {
  for (;;) {
    try {
      await crash();
    } catch (error) {
      if (isPlexSpacesError(error, 'PS_CHILD_DOWN')) return;
    }
  }
}
