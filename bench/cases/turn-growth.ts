import { check } from '../app/check';
import { DurableCounter } from '../app/actors';
import { startOn } from '../app/start-app';
import type { Case } from '../harness/case';
import { drive, timeEach } from '../harness/drive';
import { percentile } from '../harness/statistics';
import { IN_FLIGHT } from './ask-loop';

/** Does an actor slow down as its history grows? Its first and its last turns one at a time, those between in bulk. */
export const run: Case = async (bench) => {
  const app = await startOn(await bench.store(), DurableCounter);
  const client = app.client(DurableCounter);
  const [turns, window] = [bench.times(100_000, 30), bench.times(1_000, 10)];

  const other = client.ref('warm-up'); // or the first turns would be slow for want of compiled code
  await timeEach(window * 3, () => other.ask.add(1));
  const ref = client.ref('old');
  const first = await timeEach(window, () => ref.ask.add(1));
  await drive(turns - 2 * window, IN_FLIGHT, () => ref.ask.add(1));
  const last = await timeEach(window, () => ref.ask.add(1));

  check('The counter', await ref.ask.add(0), turns);
  await app.close();
  return { firstP50Ms: percentile(first, 0.5), lastP50Ms: percentile(last, 0.5) };
};
