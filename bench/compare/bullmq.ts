import { Redis } from 'ioredis';
import type { Case } from '../harness/case';
import { loadPeer } from '../harness/peers';
import { type Counters, LOADS, rate } from './counters';
import { measureLoads } from './measure-loads';

interface Connection {
  readonly connection: { readonly host: string; readonly port: number; readonly maxRetriesPerRequest?: null };
}

interface AddData {
  readonly key: number;
  readonly by: number;
  /** What the effect yielded, once it is recorded. Default: not yet, or none wanted. */
  readonly rate?: number;
}

interface Job {
  readonly name: string;
  readonly data: AddData;
  updateData(data: AddData): Promise<void>;
  waitUntilFinished(events: Endpoint): Promise<number>;
}

interface Endpoint {
  waitUntilReady(): Promise<unknown>;
  close(): Promise<void>;
}

interface Emitter {
  setMaxListeners(count: number): void;
}

/** The part of BullMQ that is used. Its own types cannot be seen from here: it is not a dependency. */
interface BullMq {
  readonly Queue: new (
    name: string,
    options: Connection & { readonly defaultJobOptions: { readonly removeOnComplete: { readonly count: number } } },
  ) => Endpoint & Emitter & { add(name: string, data: AddData): Promise<Job> };
  readonly QueueEvents: new (name: string, options: Connection) => Endpoint & Emitter;
  readonly Worker: new (
    name: string,
    handle: (job: Job) => Promise<number>,
    options: Connection & { readonly concurrency: number },
  ) => Endpoint;
}

const QUEUE = 'counters';

/** A job per addition whose end is waited for with QueueEvents. The counter is a field of a hash. */
export const run: Case = async (bench) => {
  const store = await bench.store('redis');
  const { hostname: host, port } = new URL(store.url);
  const connection = { host, port: Number(port) };
  const values = new Redis(connection);
  const handle = async (job: Job): Promise<number> => {
    const { key, by } = job.data;
    if (job.name !== 'addRated') return values.hincrby('values', String(key), by);
    const rated = job.data.rate ?? (await rate());
    await job.updateData({ key, by, rate: rated }); // a retry finds it
    return values.hincrby('values', String(key), by * rated);
  };

  const { Queue, QueueEvents, Worker } = loadPeer<BullMq>('bullmq');
  const queue = new Queue(QUEUE, { connection, defaultJobOptions: { removeOnComplete: { count: 1_000 } } });
  const events = new QueueEvents(QUEUE, { connection: { ...connection, maxRetriesPerRequest: null } });
  const worker = new Worker(QUEUE, handle, {
    connection: { ...connection, maxRetriesPerRequest: null },
    concurrency: Math.max(...LOADS),
  });
  for (const emitter of [queue, events]) emitter.setMaxListeners(0); // one per job that is waited for
  await Promise.all([queue, events, worker].map((endpoint) => endpoint.waitUntilReady()));

  const ask = async (name: string, data: AddData): Promise<number> =>
    (await queue.add(name, data)).waitUntilFinished(events);
  const counters: Counters = {
    add: (key, by) => ask('add', { key, by }),
    addRated: (key, by) => ask('addRated', { key, by }),
    counts: () => store.counts(),
    close: async () => {
      for (const endpoint of [worker, events, queue]) await endpoint.close();
      values.disconnect();
    },
  };
  const figures = await measureLoads(counters, bench);
  await counters.close();
  return figures;
};
