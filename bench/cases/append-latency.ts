import type { AppendWrite, JournalStorage } from 'plexspaces/spi';
import { DurableCounter } from '../app/actors';
import { type App, startApp, startOn } from '../app/start-app';
import { watchFlushes } from '../app/watch-flushes';
import type { Bench, Figures } from '../harness/case';
import { timeEach } from '../harness/drive';
import { latencies } from '../harness/statistics';

/** One append at a time, as large as that of a durable ask, straight to the journal storage. */
async function measureAppends(app: App, bench: Bench): Promise<Figures> {
  const template = await recordAppend(app);
  const { journal } = app.storage;
  let seq = 0;
  const append = async (): Promise<void> => {
    await appendAt(journal, template, seq);
    seq += template.entries.length;
  };
  await timeEach(bench.times(1_000), append);
  const figures = latencies(await timeEach(bench.times(3_000), append));
  await app.close();
  return figures;
}

async function recordAppend(app: App): Promise<AppendWrite> {
  const ref = app.client(DurableCounter).ref('recorded');
  await ref.ask.add(1);
  const flushes = watchFlushes(app.storage);
  flushes.recorded = [];
  await ref.ask.add(1);
  const write = flushes.recorded.find((recorded) => recorded.kind === 'append');
  if (write === undefined) throw new Error('A durable ask appended nothing.');
  return write;
}

async function appendAt(journal: JournalStorage, template: AppendWrite, seq: number): Promise<void> {
  const [outcome] = await journal.flush([
    {
      ...template,
      actor: 'default/default/bench/appended',
      expected: { seq, epoch: seq === 0 ? 0 : 1 },
      epoch: 1,
      continues: seq > 0,
      entries: template.entries.map(({ bytes }, i) => ({ seq: seq + 1 + i, bytes })),
      inbox: template.inbox.map((change) => ({ ...change, id: `${change.id}/${seq}` })),
    },
  ]);
  if (outcome?.kind !== 'committed') throw new Error(`The append was not committed but ${outcome?.kind}.`);
}

export const onMemory = async (bench: Bench): Promise<Figures> =>
  measureAppends(await startApp(null, DurableCounter), bench);

export const onStore = async (bench: Bench): Promise<Figures> =>
  measureAppends(await startOn(await bench.store(), DurableCounter), bench);
