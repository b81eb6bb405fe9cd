import { type ActorContext, Actor, Ctx, Handle, UseFacets, durability, virtualActor } from 'plexspaces';
import { ReminderFacet, reminder, reminders } from 'plexspaces/facets/reminder';
import { check } from '../app/check';
import { startOn } from '../app/start-app';
import type { Case } from '../harness/case';
import { drive } from '../harness/drive';
import { latencies } from '../harness/statistics';
import { IN_FLIGHT } from './ask-loop';

/** Within this time all of them fall due, evenly, and in a moment of a try on few. */
const SPREAD_MS = 60_000;
const LEAST_SPREAD_MS = 500;
/** What registering one takes, generously: none may fall due before all are there. */
const REGISTER_MS = 2;

const lateness: number[] = [];
let allRan: () => void;
let expected = 0;

/** Each in memory no longer than its registration: its reminder has to wake it. */
@Actor({ type: 'reminded' })
@UseFacets(durability(), virtualActor({ idleTimeout: '2s' }), reminder())
class Reminded {
  @Handle()
  remind(@Ctx() ctx: ActorContext, at: number): void {
    reminders<Reminded>(ctx).register('r', { at }, 'run', at);
  }

  @Handle()
  run(at: number): void {
    lateness.push(performance.timeOrigin + performance.now() - at);
    if (lateness.length === expected) allRan();
  }
}

/** As many actors, each with one reminder, due within a minute: how late each one starts. */
export const run: Case = async (bench) => {
  expected = bench.times(100_000, 100);
  const app = await startOn(await bench.store(), Reminded, ReminderFacet);
  const client = app.client(Reminded);
  const ran = new Promise<void>((resolve) => (allRan = resolve));
  const spreadMs = bench.times(SPREAD_MS, LEAST_SPREAD_MS);
  const start = Date.now() + 5_000 + expected * REGISTER_MS;
  const registered = await drive(expected, IN_FLIGHT, (i) =>
    client.ref(`a${i}`).ask.remind(Math.round(start + (i / expected) * spreadMs)),
  );
  check('The registrations that were in time', Math.sign(start - Date.now()), 1);
  await ran;
  await app.close();
  check('The runs', lateness.length, expected);
  return {
    registeredPerSecond: registered,
    ...latencies(lateness),
    maxMs: lateness.reduce((most, ms) => Math.max(most, ms), 0),
  };
};
