// Runs with Node 22, which the SDK needs: the service, and those who ask it. `restate-program.ts <work as JSON>`.
import { makeBench, type Figures } from '../harness/case';
import { loadPeer } from '../harness/peers';
import { type Counters, rate } from './counters';
import { measureLoads } from './measure-loads';

export interface RestateWork {
  readonly ingress: string;
  readonly admin: string;
  readonly metrics: string;
  readonly servicePort: number;
  readonly scale: number;
}

export interface RestateReply {
  readonly figures?: Figures;
  readonly failure?: string;
}

interface ObjectContext {
  get(name: string): Promise<number | null>;
  set(name: string, value: number): void;
  run(name: string, effect: () => Promise<number>): Promise<number>;
}

type Handler = (context: ObjectContext, by: number) => Promise<number>;

/** The part of the SDK that is used. Its own types cannot be seen from here: it is not a dependency. */
interface Sdk {
  object(definition: { readonly name: string; readonly handlers: Readonly<Record<string, Handler>> }): object;
  serve(options: { readonly services: readonly object[]; readonly port: number }): Promise<number>;
}

interface Clients {
  connect(options: { readonly url: string }): {
    objectClient(
      definition: { readonly name: string },
      key: string,
    ): { add(by: number): Promise<number>; addRated(by: number): Promise<number> };
  };
}

const NAME = 'counter';

/** A virtual object per key with its value as state. */
async function serve(port: number): Promise<void> {
  const restate = loadPeer<Sdk>('@restatedev/restate-sdk');
  const change = async (context: ObjectContext, by: number): Promise<number> => {
    const value = ((await context.get('value')) ?? 0) + by;
    context.set('value', value);
    return value;
  };
  const addRated: Handler = async (context, by) => change(context, by * (await context.run('rate', rate)));
  await restate.serve({ services: [restate.object({ name: NAME, handlers: { add: change, addRated } })], port });
}

async function register(admin: string, port: number): Promise<void> {
  const answer = await fetch(`${admin}/deployments`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ uri: `http://127.0.0.1:${port}` }),
  });
  if (!answer.ok) throw new Error(`The service was not registered: ${await answer.text()}`);
}

/** Fsyncs of the log that all partitions share. */
async function fsyncsOf(metrics: string): Promise<number> {
  const text = await (await fetch(metrics)).text();
  const value = /^restate_rocksdb_wal_synced_total\{.*db="log-server".*\} (\d+)$/m.exec(text)?.[1];
  if (value === undefined) throw new Error('Restate does not tell how often it synced its log.');
  return Number(value);
}

async function main({ ingress, admin, metrics, servicePort, scale }: RestateWork): Promise<Figures> {
  await serve(servicePort);
  await register(admin, servicePort);
  const client = loadPeer<Clients>('@restatedev/restate-sdk-clients').connect({ url: ingress });
  const counter = (key: number): ReturnType<(typeof client)['objectClient']> =>
    client.objectClient({ name: NAME }, `c${key}`);
  const counters: Counters = {
    add: (key, by) => counter(key).add(by),
    addRated: (key, by) => counter(key).addRated(by),
    counts: async () => ({ fsyncs: await fsyncsOf(metrics) }),
    close: () => Promise.resolve(), // it ends with its process
  };
  return measureLoads(counters, makeBench('', 'sqlite', scale));
}

main(JSON.parse(process.argv[2] ?? '{}') as RestateWork).then(
  (figures) => process.send?.({ figures } satisfies RestateReply),
  (error: unknown) => process.send?.({ failure: String(error) } satisfies RestateReply),
);
