import {
  Actor,
  DeadLetters,
  Handle,
  SideEffect,
  State,
  UseFacets,
  currentEffect,
  durability,
  virtualActor,
} from 'plexspaces';
import {
  type ActorModel,
  type HistoryInput,
  type LedgerLine,
  OperationLog,
  checkHistory,
  readActors,
} from 'plexspaces/testing';
import { until } from '../durable/gate';
import { type Node, World } from '../durable/world';

const outside: LedgerLine[] = [];
let isHealed = false;

@Actor({ type: 'till' })
@UseFacets(durability(), virtualActor())
class Till {
  @State() value = 0;

  /** Fails on what it has recorded. */
  @Handle({ retry: { maxAttempts: 2, initialDelay: 1 } }) async charge(by: number): Promise<number> {
    this.value += by + (await this.pay());
    if (!isHealed) throw new Error('not yet');
    return this.value;
  }
  @Handle() add(by: number): number {
    return (this.value += by);
  }
  @Handle({ readOnly: true }) current(): number {
    return this.value;
  }
  @SideEffect() protected async pay(): Promise<number> {
    const value = outside.length + 1;
    outside.push({ key: currentEffect().idempotencyKey, name: 'pay', at: outside.length, value });
    return value;
  }
}

const till: ActorModel<number> = {
  initial: 0,
  apply(value, { method, args, effects }) {
    if (method === 'current') return { state: value, answer: value };
    const after = value + (args[0] as number) + (method === 'charge' ? (effects[0]?.value as number) : 0);
    return { state: after, answer: after };
  },
  read: (value) => value,
};

const ACTOR = 'default/default/till/a';

/** Four charges that are parked; an operator has each done as its name says. */
async function run(): Promise<HistoryInput> {
  outside.length = 0;
  isHealed = false;
  const world = new World();
  const node = await world.start([Till]);
  const log = new OperationLog();
  const ask = async (id: string, method: 'charge' | 'add' | 'current', ...args: number[]): Promise<void> => {
    const readOnly = method === 'current';
    const handle = log.invoke({ id, client: 'c', actor: ACTOR, kind: 'ask', method, args, readOnly });
    const ref = node.system.ref('till', 'a');
    try {
      log.ok(handle, await (readOnly ? ref : ref.with({ idempotencyKey: id })).ask(method, ...args));
    } catch (error) {
      log.fail(handle, String(error));
    }
  };
  for (const id of ['retried', 'twice', 'anew', 'discarded', 'left']) await ask(id, 'charge', 10);
  await ask('add', 'add', 100);
  await decide(node);
  await ask('retried', 'charge', 10); // and is answered now
  await ask('look', 'current');
  const actors = await readActors(world.storage);
  const finals = { [ACTOR]: await node.ref(Till).ask.current() };
  await world.end();
  const models = { till };
  return { operations: log.records(), actors, models, ledger: outside, ledgerEffects: ['pay'], finals, faults: [] };
}

async function decide(node: Node): Promise<void> {
  const letters = new DeadLetters(node.system);
  const parked = async () => (await letters.list()).letters;
  const letterOf = async (id: string) => (await parked()).find(({ messageId }) => messageId.endsWith(`/${id}`))!;
  await letters.retry(await letterOf('twice'));
  await until(async () => (await letterOf('twice')) !== undefined); // parked again
  isHealed = true;
  await letters.discard(await letterOf('discarded'));
  await letters.retry(await letterOf('retried'));
  await letters.retry(await letterOf('twice'));
  await letters.retry(await letterOf('anew'), { args: [20], anew: true });
  await until(async () => (await parked()).length === 1 && node.system.isIdle);
}

describe('a history with an operator in it', () => {
  let input: HistoryInput;
  beforeAll(async () => (input = await run()));

  const problemsOf = (forge: (entries: HistoryInput['actors'][0]['entries']) => HistoryInput['actors'][0]['entries']) =>
    checkHistory({ ...input, actors: input.actors.map((each) => ({ ...each, entries: forge(each.entries) })) })
      .problems;

  it('passes: what was parked and taken up again goes on in a later turn', () => {
    expect(checkHistory(input).problems).toEqual([]);
    const kinds = input.actors[0]!.entries.map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind === 'MessageParked')).toHaveLength(6);
  });

  it('does not pass when nobody took up again what has ended twice', () => {
    const problems = problemsOf((entries) =>
      entries.map((entry) =>
        entry.kind === 'MessageReceived' && entry.method === '$revive' ? { ...entry, method: '$facets' } : entry,
      ),
    );
    expect(problems.map(({ rule }) => rule)).toContain('H2');
  });
});
