import { ReminderFacet } from 'plexspaces/facets/reminder';
import type { SimClient, SimulateOptions, SimWorld } from 'plexspaces/testing';
import { type EffectObservation, observeEffects, readActor } from '../../libs/testing/src/history';
import { readTurns } from '../../libs/testing/src/history/turn-view';
import { DECISIONS, type Decision, Desk, HeldRota, Rota, weather } from './duty';
import { type RegisteredReminder, actsAs, judgeCalls, judgeDuty } from './judge-duty';

const KEYS = ['a', 'b'] as const;
const patient = { attempts: 60 };

const EVERY_SECOND = { every: '1s' };

/** The tamest first. */
const ACTS = [
  'remind',
  'remindOnce',
  'remindBadly',
  'remindPromptly',
  'serve',
  'limp',
  'cancel',
  'pause',
  'decide',
  'decide',
  'again',
  'repeatRevived',
  'cancelBehind',
  'holdUp',
  'rest',
] as const;
type Act = (typeof ACTS)[number];
type RotaClass = typeof Rota;

type Registration = { -readonly [K in keyof RegisteredReminder]: RegisteredReminder[K] } & {
  readonly actor: string;
  readonly name: string;
};

/** What a run keeps beside the world: it begins anew with each. */
interface Notes {
  readonly registrations: Registration[];
  readonly acked: Map<string, number[]>;
  readonly observations: EffectObservation[];
  looking: Promise<void>;
}

const notes = new WeakMap<SimWorld, Notes>();

/** How often operators decided, over all runs of this process: a range in which none does proves nothing. */
export const decided = { count: 0 };

/**
 * Reminders, messages that fail until the weather is fair, and an operator who decides about those given up, while nodes die.
 * Judged by judge-duty.ts.
 */
export const dutyWorkload: Pick<SimulateOptions, 'actors' | 'providers' | 'scenario' | 'invariant'> = {
  actors: [Rota, HeldRota, Desk],
  providers: [ReminderFacet],
  scenario: async (world) => {
    weather.isFair = false;
    notes.set(world, { registrations: [], acked: new Map(), observations: [], looking: Promise.resolve() });
    watchEffects(world);
    const clients = ['c1', 'c2'].slice(0, 1 + world.random.below(2, 'clients'));
    const change = world.sleep(world.random.below(4_000, 'weather')).then(() => (weather.isFair = true));
    await Promise.all([change, ...clients.map((name) => new Colleague(world, name).live())]);
    await openLines(world);
  },
  invariant: async (world) => {
    const { observations, looking, registrations, acked } = notes.get(world) as Notes;
    await looking;
    const complaints = judgeCalls(observations, world.ledger);
    for (const cls of [Rota, HeldRota]) {
      for (const key of KEYS) {
        const ref = await world.ref(cls, key);
        const actor = ref.actorId;
        const registered = new Map(
          registrations.filter((each) => each.actor === actor).map((each) => [each.name, each]),
        );
        const made = await ref.ask.all();
        const parked = new Set((await world.parkedOf(actor)).map(({ id }) => id));
        const { entries } = await readActor(world.wholeStore, actor);
        const received = entries.flatMap((entry) => (entry.kind === 'MessageReceived' ? [entry] : [])).reverse();
        complaints.push(
          ...judgeDuty({
            actor,
            turns: readTurns(entries),
            made,
            parked,
            registered,
            acked: acked.get(actor) ?? [],
            holds: cls === HeldRota,
            receivedAt: new Map(received.map(({ messageId, time }) => [messageId, time])),
          }),
        );
      }
    }
    const defect = world.warnings.find((line) => line.includes('Defect'));
    if (defect !== undefined) complaints.push(defect);
    if (complaints.length > 0) throw new Error(complaints.join('\n'));
  },
};

/** Records that are in the store while nothing runs: from then on their effects must not be called again. */
function watchEffects(world: SimWorld): void {
  const own = notes.get(world) as Notes;
  world.onDeath(() => {
    const calls = [...world.ledger, ...world.callsUnderWay]; // what left a dead life arrives all the same
    own.looking = own.looking.then(async () => {
      const actors = (await world.actors()).filter((actor) => /rota[/]/i.test(actor));
      for (const actor of actors) {
        const history = await readActor(world.wholeStore, actor);
        const renamed = new Map(readTurns(history.entries).map((turn) => [turn.messageId, actsAs(turn)]));
        const seen = observeEffects([history], [], ['pay']);
        for (const { key } of seen) {
          const [messageId] = [...renamed.keys()].filter((id) => key.startsWith(`${actor}/${id}/`));
          if (messageId === undefined || renamed.get(messageId) !== messageId) continue; // started anew: another effect
          own.observations.push({ key, calls: calls.filter((call) => call.key === key).length });
        }
      }
    });
  });
}

class Colleague {
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
    const steps = 1 + random.below(9, 'steps');
    for (let i = 0; i < steps; i++) {
      const act = ACTS[random.below(ACTS.length, 'act')] as Act;
      const cls = random.chance(0.3, 'held') ? HeldRota : Rota;
      await this.do(act, cls, KEYS[random.below(KEYS.length, 'key')] as string);
    }
    await this.do('remind', Rota, 'a'); // so that each run has something to show
  }

  private async do(act: Act, cls: RotaClass, key: string): Promise<void> {
    const { world } = this;
    const { random } = world;
    switch (act) {
      case 'remind':
        return this.register(cls, key, 1 + random.below(3, 'times'), 'serve');
      case 'remindBadly':
        return this.register(cls, key, 1 + random.below(2, 'times'), 'limp');
      case 'remindPromptly':
        return this.register(cls, key, 1 + random.below(2, 'times'), 'serve', EVERY_SECOND, 50);
      case 'remindOnce':
        return this.register(cls, key, 1, random.chance(0.5, 'once.limps') ? 'limp' : 'serve', {
          after: random.below(900, 'after'),
        });
      case 'serve':
        return this.send(cls, key, 'serve', `${this.name}.${this.count++}`);
      case 'limp':
        return this.send(cls, key, 'limp', `${this.name}.${this.count++}`);
      case 'again': {
        const id = `${this.name}.${this.count++}`;
        await this.send(cls, key, 'limp', id);
        await world.sleep(random.below(2_000, 'again.after'));
        return this.send(cls, key, 'limp', id);
      }
      case 'repeatRevived': {
        const id = `${this.name}.${this.count++}`;
        await this.send(cls, key, 'limp', id);
        const deciding = decide(world, ['retry']);
        for (let i = 0; i < 3; i++) {
          pendingOf(world).push(this.send(cls, key, 'serve', `${this.name}.${this.count++}`)); // so that the actor is busy
          await world.sleep(random.below(15, 'repeat.after'));
          pendingOf(world).push(this.send(cls, key, 'limp', id));
        }
        return deciding;
      }
      case 'cancelBehind': {
        const after = random.below(200, 'after');
        await this.register(cls, key, 1, 'limp', { after });
        await world.sleep(after + random.below(40, 'behind'));
        return random.chance(0.5, 'behind.pauses') ? this.pause(cls, key) : this.cancel(cls, key);
      }
      case 'holdUp': {
        await this.send(HeldRota, key, 'limp', `${this.name}.${this.count++}`);
        const others = Array.from({ length: 3 }, () => `${this.name}.${this.count++}`);
        pendingOf(world).push(...others.map((id) => this.send(HeldRota, key, 'serve', id)));
        return decide(world, [random.chance(0.5, 'holdUp.retries') ? 'retry' : 'leave']);
      }
      case 'cancel':
        return this.cancel(cls, key);
      case 'pause':
        return this.pause(cls, key);
      case 'decide':
        return decide(
          world,
          Array.from({ length: 3 }, () => DECISIONS[random.below(DECISIONS.length, 'decision')] as Decision),
        );
      case 'rest':
        return world.sleep(random.below(1_500, 'rest'));
    }
  }

  private async register(
    cls: RotaClass,
    key: string,
    times: number,
    what: 'serve' | 'limp',
    when: { readonly after: number } | { readonly every: string } = EVERY_SECOND,
    graceMs: number | null = null,
  ): Promise<void> {
    const { registrations } = notes.get(this.world) as Notes;
    const name = `${this.name}.${this.count++}`;
    const { actorId } = await this.world.ref(cls, key);
    const registration: Registration = {
      actor: actorId,
      name,
      times,
      cancelled: false,
      paused: false,
      openPauses: 0,
      sure: false,
      graceMs,
    };
    registrations.push(registration);
    const lateness = graceMs === null ? { missed: 'all' } : { missed: 'skip', grace: graceMs };
    const recurrence = { ...when, ...lateness, maxOccurrences: times };
    await this.quietly(cls, key, `register ${name}`, async (ask) => {
      await ask.register(name, recurrence, what);
      registration.sure = true;
    });
  }

  private async cancel(cls: RotaClass, key: string): Promise<void> {
    const chosen = await this.latest(cls, key);
    if (chosen === undefined) return;
    chosen.cancelled = true;
    await this.quietly(cls, key, `cancel ${chosen.name}`, (ask) => ask.cancel(chosen.name));
  }

  private async pause(cls: RotaClass, key: string): Promise<void> {
    const chosen = await this.latest(cls, key);
    if (chosen === undefined) return;
    const lengthMs = this.world.random.below(500, 'pause.length');
    chosen.paused = true;
    chosen.openPauses++;
    await this.quietly(cls, key, `pause ${chosen.name} ${this.count++}`, async (ask, askNext) => {
      await ask.pause(chosen.name);
      await this.world.sleep(lengthMs);
      await askNext.resume(chosen.name);
      chosen.openPauses--;
    });
  }

  /** Of this colleague's reminders of that actor. */
  private async latest(cls: RotaClass, key: string): Promise<Registration | undefined> {
    const { actorId } = await this.world.ref(cls, key);
    const { registrations } = notes.get(this.world) as Notes;
    return registrations.filter(({ actor, name }) => actor === actorId && name.startsWith(this.name)).at(-1);
  }

  private async send(cls: RotaClass, key: string, method: 'serve' | 'limp', id: string): Promise<void> {
    const { acked } = notes.get(this.world) as Notes;
    const { actorId } = await this.world.ref(cls, key);
    await this.quietly(
      cls,
      key,
      id,
      async (ask) => {
        const receipt = await ask[method]();
        acked.set(actorId, [...new Set([...(acked.get(actorId) ?? []), receipt])]);
      },
      true,
    );
  }

  /** Behind a parked message that holds the line nothing is answered: the client waits beside what it does next. */
  private async quietly(
    cls: RotaClass,
    key: string,
    id: string,
    call: (ask: RotaAsk, askNext: RotaAsk) => Promise<unknown>,
    mayBeParked = false,
  ): Promise<void> {
    const asking = (suffix: string): RotaAsk =>
      this.client.ask(cls, key, { ...patient, idempotencyKey: `${key}:${id}${suffix}` }) as unknown as RotaAsk;
    const outcome = call(asking(''), asking(' and on')).catch((error: unknown) => {
      const { name } = error as Error;
      const isFine =
        name === 'CallOutcomeUnknownError' ||
        name === 'MailboxFullError' ||
        (mayBeParked && /^Message(Parked|Discarded)Error$/.test(name));
      if (!isFine) throw error;
    });
    pendingOf(this.world).push(outcome);
    await Promise.race([outcome, this.world.sleep(300)]);
  }
}

interface RotaAsk {
  register(name: string, recurrence: object, what: 'serve' | 'limp'): Promise<void>;
  cancel(name: string): Promise<boolean>;
  pause(name: string): Promise<void>;
  resume(name: string): Promise<void>;
  serve(): Promise<number>;
  limp(): Promise<number>;
}

const pending = new WeakMap<SimWorld, Promise<unknown>[]>();

function pendingOf(world: SimWorld): Promise<unknown>[] {
  let all = pending.get(world);
  if (all === undefined) pending.set(world, (all = []));
  return all;
}

async function allAnswered(world: SimWorld): Promise<void> {
  const all = pendingOf(world);
  while (all.length > 0) await Promise.all(all.splice(0));
}

async function decide(world: SimWorld, decisions: readonly Decision[]): Promise<void> {
  try {
    decided.count += await world.client('desk').ask(Desk, 'd').decide(decisions);
  } catch {
    // The store, the node or the line was not there: what came of it is judged by what is stored.
  }
}

/** The weather is fair: what holds a line is taken up, and discarded when that does not help, until nothing is left to run. */
async function openLines(world: SimWorld): Promise<void> {
  const left = async (): Promise<{ readonly parked: number; readonly waiting: number }> => {
    let [parked, waiting] = [0, 0];
    for (const key of KEYS) {
      const { actorId } = await world.ref(HeldRota, key);
      parked += (await world.parkedOf(actorId)).length;
      waiting += (await world.store.inbox.pending(actorId)).length;
    }
    return { parked, waiting };
  };
  let open = true;
  const all = allAnswered(world).then(() => (open = false));
  for (let round = 0; ; round++) {
    const { parked, waiting } = await left();
    if (!open && parked + waiting === 0) break;
    if (parked > 0) await decide(world, round < 5 ? ['retry'] : ['discard']);
    await world.sleep(200);
  }
  await all;
}
