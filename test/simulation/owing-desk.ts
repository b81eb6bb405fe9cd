import { decodePayload } from '#journal';
import {
  Actor,
  type ActorContext,
  Ctx,
  Handle,
  type ReplyToken,
  State,
  UseFacets,
  durability,
  virtualActor,
} from 'plexspaces';
import type { SimClient, SimulateOptions, SimWorld } from 'plexspaces/testing';
import { readActor } from '../../libs/testing/src/history';

// Answers that are put off, over crashes: each asker gets what a later turn has said to it, as it is recorded, and nobody else's.

/** More starts than a run has faults. */
const retry = { maxAttempts: 1_000, initialDelay: 1, factor: 1.2, maxDelay: 500 };
const patient = { attempts: 60 };
/** A call that is made once may end so. */
const UNTOLD = ['CallOutcomeUnknownError', 'MailboxFullError', 'NotOwnerError'];

/** Requests wait here; a word of each turn that answers makes its answer unlike any other. */
@Actor({ type: 'desk' })
@UseFacets(durability({ checkpointEvery: 3 }), virtualActor())
export class Desk {
  @State() waiting: { readonly name: string; readonly token: ReplyToken<string> }[] = [];
  @State() requests: Record<string, number> = {};
  @State() told: Record<string, string> = {};

  @Handle({ retry }) request(@Ctx() ctx: ActorContext, name: string): ReplyToken<string> {
    const token = ctx.deferReply<string>();
    this.waiting.push({ name, token });
    this.requests[name] = (this.requests[name] ?? 0) + 1;
    return token;
  }

  @Handle() decide(@Ctx() ctx: ActorContext): void {
    const next = this.waiting.shift();
    if (next !== undefined) ctx.reply(next.token, this.say(next.name, ctx.uuid()));
  }

  /** The end of a message to itself is the answer. */
  @Handle() async pass(@Ctx() ctx: ActorContext): Promise<void> {
    const next = this.waiting.pop();
    if (next !== undefined) await ctx.actor(Desk, ctx.self.key).with({ replyTo: next.token }).tell.work(next.name);
  }

  @Handle({ retry }) work(@Ctx() ctx: ActorContext, name: string): string {
    return this.say(name, ctx.uuid());
  }

  @Handle({ readOnly: true }) seen(): { requests: Record<string, number>; told: Record<string, string>; left: number } {
    return { requests: this.requests, told: this.told, left: this.waiting.length };
  }

  private say(name: string, word: string): string {
    return (this.told[name] = `${name}: ${word}`);
  }
}

interface Heard {
  readonly name: string;
  readonly answer: string;
}

/** What a run keeps beside the world: it begins anew with each. */
const heard = new WeakMap<SimWorld, Heard[]>();

/** Customers ask, some again under the same key when they have their answer; a clerk answers until nobody waits. */
export const owingDesk: Pick<SimulateOptions, 'actors' | 'scenario' | 'invariant'> = {
  actors: [Desk],
  scenario: async (world) => {
    heard.set(world, []);
    const names = ['c1', 'c2', 'c3'].slice(0, 1 + world.random.below(3, 'customers'));
    let open = names.length;
    const customers = names.map((name) => liveAs(world, name).finally(() => open--));
    const clerk = world.client('clerk');
    while (open > 0) {
      await answerOne(world, clerk).catch(unknown);
      await world.sleep(1 + world.random.below(60, 'clerk.rest'));
    }
    await Promise.all(customers);
  },
  invariant: async (world) => {
    const ref = await world.ref(Desk, 'd');
    const { left, requests, told } = await ref.ask.seen();
    if (left > 0) throw new Error(`${left} answers are owed still, and every asker has one`);
    for (const { name, answer } of heard.get(world) as Heard[]) {
      if (told[name] !== answer) throw new Error(`${name} heard "${answer}"; it was told "${told[name] ?? 'nothing'}"`);
      if (requests[name] !== 1)
        throw new Error(`${name} asked once and was taken in ${requests[name] ?? 0} times (P5)`);
    }
    await checkJournal(world, ref.actorId, told);
  },
};

async function liveAs(world: SimWorld, customer: string): Promise<void> {
  const client = world.client(customer);
  const count = 1 + world.random.below(5, 'requests');
  let underWay: Promise<void>[] = [];
  for (let i = 0; i < count; i++) {
    underWay.push(askFor(world, client, `${customer}.${i}`));
    if (world.random.chance(0.5, 'pipelined')) continue;
    await Promise.all(underWay);
    underWay = [];
  }
  await Promise.all(underWay);
}

async function askFor(world: SimWorld, client: SimClient, name: string): Promise<void> {
  const ask = (): Promise<string> => client.ask(Desk, 'd', { ...patient, idempotencyKey: name }).request(name);
  const listen = async (): Promise<void> => void heard.get(world)?.push({ name, answer: await ask() });
  await listen();
  if (!world.random.chance(0.3, 'again')) return;
  await world.sleep(world.random.below(300, 'again.after'));
  await listen();
}

function answerOne(world: SimWorld, clerk: SimClient): Promise<void> {
  const desk = clerk.ask(Desk, 'd');
  return world.random.chance(0.3, 'pass') ? desk.pass() : desk.decide();
}

/** Each answer is in the journal once, and as its asker was told it. */
async function checkJournal(world: SimWorld, actor: string, told: Readonly<Record<string, string>>): Promise<void> {
  const { entries } = await readActor(world.wholeStore, actor);
  const given = new Map<string, unknown>();
  for (const entry of entries) {
    if (entry.kind !== 'MessageSent' || !entry.messageId.startsWith('$reply/')) continue;
    if (given.has(entry.messageId)) throw new Error(`${entry.messageId} was given twice`);
    given.set(entry.messageId, decodePayload(entry.payload));
  }
  const answers = new Set(given.values());
  for (const [name, answer] of Object.entries(told))
    if (!answers.has(answer)) throw new Error(`what ${name} was told is in no journal: "${answer}"`);
}

function unknown(error: unknown): void {
  if (!UNTOLD.includes((error as Error).name)) throw error;
}
