import type { UntypedRef } from 'plexspaces';
import {
  type ActorHistory,
  type EffectObservation,
  type HistoryInput,
  OperationLog,
  observeEffects,
  readActors,
} from 'plexspaces/testing';
import { until } from '../durable/gate';
import { type Node, World } from '../durable/world';
import { Account, Book, models, outside } from './bank';

interface Step {
  readonly kind: 'ask' | 'tell';
  readonly key: string;
  readonly method: string;
  readonly args: readonly unknown[];
}

const KEYS = ['a', 'b', 'c'];

/** What one client sends at once; reads in between. */
function batch(round: number, client: number): Step[] {
  const step = (kind: Step['kind'], key: string, method: string, ...args: unknown[]): Step => ({
    kind,
    key,
    method,
    args,
  });
  const key = KEYS[(round + client) % KEYS.length] as string;
  const other = KEYS[(round + client + 1) % KEYS.length] as string;
  return [
    step('ask', key, 'add', 1),
    step('tell', key, 'add', 10),
    step('ask', key, 'current'),
    step('ask', key, 'charge', 100),
    step('ask', other, 'forward'),
    step('tell', key, 'add', 1_000),
    step('ask', key, 'current'),
    ...(round % 3 === 0 ? [step('ask', key, 'flaky', 10_000)] : []),
    ...(round % 4 === 1 ? [step('tell', key, 'poison')] : []),
    ...(client === 0 ? [step('ask', 'a', 'move', 'c', 5)] : []),
    step('ask', other, 'forward'),
    step('ask', other, 'current'),
  ];
}

/** Three clients, several lives of a node on one store, each but the last struck dead in the midst of its work. */
export async function realRun(lives: number, rounds: number): Promise<HistoryInput> {
  outside.length = 0;
  const world = new World();
  const run = new Run(world);
  for (let life = 0; life < lives; life++) await run.live(rounds, life < lives - 1);
  const actors = await run.drained();
  const input = run.input(actors);
  await world.end();
  return input;
}

class Run {
  private readonly log = new OperationLog();
  private readonly observations: EffectObservation[] = [];
  private readonly finals: Record<string, unknown> = {};
  private open: { readonly client: number; readonly id: string; readonly step: Step }[] = [];
  private crashes = 0;
  private count = 0;
  private node: Node | undefined;

  constructor(private readonly world: World) {}

  async live(rounds: number, crashes: boolean): Promise<void> {
    const node = await this.world.start([Account, Book]);
    this.node = node;
    this.observe(await readActors(this.world.storage));
    let die: () => void = () => undefined;
    const dead = new Promise<'dead'>((resolve) => (die = () => resolve('dead')));
    const refs = new Map<string, UntypedRef>();
    const again = this.open;
    this.open = [];
    await Promise.all(again.map(({ client, id, step }) => this.send(refs, dead, client, step, id)));
    for (let round = 0; round < rounds; round++) {
      const sent = [0, 1, 2].flatMap((client) =>
        batch(round, client).map((step) => this.send(refs, dead, client, step)),
      );
      if (crashes && round === rounds - 1) {
        await Promise.any(sent.slice(0, 5)); // some are answered, the rest is under way
        node.crash();
        this.crashes++;
        die();
      }
      await Promise.all(sent);
    }
  }

  async drained(): Promise<ActorHistory[]> {
    let actors: ActorHistory[] = [];
    await until(async () => {
      actors = await readActors(this.world.storage);
      return actors.every(({ pending }) => pending.length === 0);
    });
    for (const key of KEYS)
      this.finals[`default/default/account/${key}`] = await this.node?.ref(Account, key).ask.current();
    return actors;
  }

  input(actors: readonly ActorHistory[]): HistoryInput {
    return {
      operations: this.log.records(),
      actors,
      models,
      ledger: [...outside],
      ledgerEffects: ['pay'],
      observations: this.observations,
      finals: this.finals,
      faults: [{ name: 'crash', fired: this.crashes }],
    };
  }

  private observe(actors: readonly ActorHistory[]): void {
    this.observations.push(...observeEffects(actors, outside, ['pay']));
  }

  private async send(
    refs: Map<string, UntypedRef>,
    dead: Promise<'dead'>,
    client: number,
    step: Step,
    id = `${this.count++}.${step.method}`,
  ): Promise<void> {
    const { kind, key, method, args } = step;
    const readOnly = method === 'current';
    const place = `${client}/${key}`;
    const ref = refs.get(place) ?? (this.node as Node).system.ref('account', key);
    refs.set(place, ref);
    const actor = `default/default/account/${key}`;
    const handle = this.log.invoke({ id, client: `client ${client}`, actor, kind, method, args, readOnly });
    const keyed = readOnly ? ref : ref.with({ idempotencyKey: id });
    const outcome = await Promise.race([dead, this.outcome(keyed, step)]);
    if (outcome === 'dead') {
      this.log.info(handle, 'the node died');
      if (!readOnly) this.open.push({ client, id, step });
    } else if ('error' in outcome) this.log.fail(handle, String(outcome.error));
    else this.log.ok(handle, outcome.value);
  }

  private async outcome(
    ref: UntypedRef,
    { kind, method, args }: Step,
  ): Promise<{ readonly value: unknown } | { readonly error: unknown }> {
    try {
      return { value: kind === 'ask' ? await ref.ask(method, ...args) : await ref.tell(method, ...args) };
    } catch (error) {
      return { error };
    }
  }
}
