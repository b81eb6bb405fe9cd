import type { SimClient, SimulateOptions, SimWorld } from 'plexspaces/testing';
import {
  type ActorHistory,
  type EffectObservation,
  assertHistory,
  observeEffects,
  readActor,
} from '../../libs/testing/src/history';
import { Account, Book, Meter, Till } from './bank';
import { models } from './bank-models';

const KEYS = ['a', 'b', 'c'] as const;
const EFFECTS = ['pay', 'payOnce'];
/** Errors of a call that is made once. */
const UNTOLD = ['CallOutcomeUnknownError', 'MailboxFullError', 'ActorTerminatedError', 'NotOwnerError'];
/** More than any run has deaths and losses. */
const ATTEMPTS = 60;
const patient = { attempts: ATTEMPTS };

/** The tamest first. */
const ACTS = [
  'add',
  'add',
  'charge',
  'tellAdd',
  'charge',
  'current',
  'forward',
  'forward',
  'chargeOften',
  'race',
  'move',
  'flaky',
  'poison',
  'fatal',
  'tryOnce',
  'delayed',
  'refuse',
  'again',
  'stop',
  'slowly',
  'tick',
  'trim',
  'till',
  'rest',
] as const;

type Act = (typeof ACTS)[number];

/** What a run keeps beside the world: it begins anew with each. */
interface Notes {
  readonly observations: EffectObservation[];
  /** Of the last look at the store. */
  looking: Promise<void>;
}

const notes = new WeakMap<SimWorld, Notes>();

/** Three clients do what the seed says, some of it side by side; the history checker judges. */
export const bankWorkload: Pick<SimulateOptions, 'actors' | 'scenario' | 'invariant'> = {
  actors: [Account, Book, Till, Meter],
  scenario: async (world) => {
    watchEffects(world);
    const clients = ['c1', 'c2', 'c3'].slice(0, 1 + world.random.below(3, 'clients'));
    await Promise.all(clients.map((name) => new Customer(world, name).live()));
  },
  invariant: async (world) => {
    const { observations, looking } = notes.get(world) as Notes;
    await looking;
    const finals: Record<string, unknown> = {};
    for (const key of KEYS) {
      const ref = await world.ref(Account, key);
      finals[ref.actorId] = await ref.ask.current();
    }
    const actors = await readJudged(world);
    assertHistory({
      operations: world.log.filter(({ actor }) => !actor.includes('/meter/')),
      actors,
      models,
      ledger: world.ledger,
      ledgerEffects: EFFECTS,
      observations,
      finals,
      minOkShare: 0, // of one run: some have two requests. Of a whole range it is asked for: range-validity.ts
    });
    await checkMeter(world);
    checkLogs(world);
  },
};

/** Records that are in the store while nothing runs: from then on their effects must not be called again. */
function watchEffects(world: SimWorld): void {
  const own: Notes = { observations: [], looking: Promise.resolve() };
  notes.set(world, own);
  world.onDeath(() => {
    const calls = [...world.ledger, ...world.callsUnderWay]; // what left a dead life arrives all the same
    own.looking = own.looking.then(async () => {
      own.observations.push(...observeEffects(await readJudged(world), calls, EFFECTS));
    });
  });
}

/** The meter's messages have no keys, and its journal is cut: {@link checkMeter} is for it. */
async function readJudged(world: SimWorld): Promise<ActorHistory[]> {
  const actors = (await world.actors()).filter((actor) => !/\/(meter|plexspaces[.]supervisor)\//.test(actor));
  return Promise.all(actors.map((actor) => readActor(world.wholeStore, actor)));
}

class Customer {
  private readonly client: SimClient;
  private count = 0;

  constructor(
    private readonly world: SimWorld,
    private readonly name: string,
  ) {
    this.client = world.client(name);
  }

  async live(): Promise<void> {
    const { random } = this.world;
    const steps = 1 + random.below(14, 'steps');
    let underWay: Promise<unknown>[] = [];
    for (let i = 0; i < steps; i++) {
      const act = ACTS[random.below(ACTS.length, 'act')] as Act;
      const key = KEYS[random.below(KEYS.length, 'key')] as string;
      underWay.push(this.do(act, key, 1 + i).catch(stopped));
      if (random.below(3, 'pipelined') !== 0) continue;
      await Promise.all(underWay);
      underWay = [];
    }
    await Promise.all(underWay);
    await this.do('add', 'a', 100).catch(stopped); // so that each run has something to show
  }

  private async do(act: Act, key: string, by: number): Promise<unknown> {
    const { client, world } = this;
    const idempotencyKey = `${this.name}.${this.count++}.${act}`;
    const keyed = { ...patient, idempotencyKey };
    const ask = client.ask(Account, key, keyed);
    switch (act) {
      case 'add':
        return ask.add(by);
      case 'charge':
        return ask.charge(by);
      case 'chargeOften':
        return ask.chargeOften(by);
      case 'race':
        return ask.race(by);
      case 'tryOnce':
        return ask.tryOnce(by);
      case 'slowly':
        return ask.slowly(by);
      case 'flaky':
        return ask.flaky(by);
      case 'forward':
        return ask.forward();
      case 'move':
        return key === 'c' ? ask.add(by) : ask.move(key === 'a' ? 'b' : 'c', by); // never in a circle
      case 'current':
        return client.ask(Account, key, patient).current();
      case 'refuse':
        return refused(ask.refuse(), 'TerminalError');
      case 'poison':
        return world.random.chance(0.5, 'poison.asked')
          ? refused(ask.poison(), 'MessageParkedError')
          : client.tell(Account, key, keyed).poison();
      case 'fatal':
        return client.tell(Account, key, keyed).fatal();
      case 'tellAdd':
        return client.tell(Account, key, keyed).add(by);
      case 'delayed':
        return client.tell(Account, key, { ...keyed, delay: 1 + world.random.below(400, 'delay') }).add(by);
      case 'again': {
        await ask.charge(by);
        await world.sleep(world.random.below(300, 'again.after'));
        return client.ask(Account, key, keyed).charge(by);
      }
      case 'stop':
        return world.random.chance(0.3, 'stop.brutal')
          ? client.run(Meter, 'm', (ref) => ref.stop('brutal'), patient)
          : client.run(Account, key, (ref) => ref.stop(), patient);
      case 'tick':
        return this.tick();
      case 'trim': {
        for (let i = 0; i < 5; i++) await this.tick();
        return world.trim(await world.ref(Meter, 'm'));
      }
      case 'till':
        return this.useTill(keyed, by);
      case 'rest':
        return world.sleep(world.random.below(200, 'rest'));
    }
  }

  private async tick(): Promise<void> {
    await this.client.ask(Meter, 'm').tick().catch(unknown);
  }

  private async useTill(
    keyed: { readonly attempts: number; readonly idempotencyKey: string },
    by: number,
  ): Promise<void> {
    const { client, world } = this;
    await client.run(Till, 't', (ref) => ref.orCreate(100), patient);
    await client.ask(Till, 't', keyed).put(by);
    if (world.random.chance(0.2, 'till.stop')) await client.run(Till, 't', (ref) => ref.stop(), patient);
  }
}

/** What was acknowledged counts once, what is unknown at most once. */
async function checkMeter(world: SimWorld): Promise<void> {
  const ticks = world.log.filter(({ method }) => method === 'tick');
  const acked = ticks.filter(({ outcome }) => outcome === 'ok').length;
  const unknown = ticks.filter(({ outcome }) => outcome === 'info').length;
  const count = await (await world.ref(Meter, 'm')).ask.current();
  if (count < acked || count > acked + unknown)
    throw new Error(`the meter shows ${count}; ${acked} ticks were acknowledged, of ${unknown} nobody knows`);
}

/** A defect of the runtime is logged, and the actor goes on: here it is a failure. */
function checkLogs(world: SimWorld): void {
  const defect = world.warnings.find((line) => line.includes('Defect') || line.includes('takes no further message'));
  if (defect !== undefined) throw new Error(defect);
}

async function refused(outcome: Promise<unknown>, name: string): Promise<void> {
  try {
    await outcome;
  } catch (error) {
    if ((error as Error).name === name) return;
    throw error;
  }
  throw new Error(`${name} was expected`);
}

/** Another client stopped the actor for good, or brutally: whoever waited is told so. */
function stopped(error: unknown): void {
  if ((error as Error).name !== 'ActorTerminatedError') throw error;
}

function unknown(error: unknown): void {
  if (!UNTOLD.includes((error as Error).name)) throw error;
}
