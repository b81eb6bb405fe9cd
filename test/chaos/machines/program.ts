import 'reflect-metadata';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { Logger, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  Actor,
  type ActorClient,
  Handle,
  PlexSpacesModule,
  SideEffect,
  State,
  StateList,
  UseFacets,
  currentEffect,
  durability,
  getActorToken,
  virtualActor,
} from 'plexspaces';
import { Fsm, OnEntry, OnExit, Transition, stateOf } from 'plexspaces/behaviors';
import { eventOf, type Observed, type Step } from './protocol';

// A node with one machine, and the client that sends it `events` events, each until it is answered. Killed at a failpoint or
// through with it, then it prints what the machine has made of them:
// Where nothing happens for <patience> ms it prints that.
//   program.ts <storage URL> <answers file> <ledger file> <patience> <events>

const [url, answers, ledger, patience, events] = process.argv.slice(2) as [string, string, string, string, string];

@Actor({ type: 'press' })
@UseFacets(durability({ checkpointEvery: 11 }), virtualActor())
@Fsm({
  initial: 'idle',
  states: {
    idle: { postpone: ['work'] },
    busy: { timeout: { after: '25ms', event: 'tire' } },
    resting: { postpone: ['begin', 'work'], timeout: { after: '10ms', event: 'wake' } },
  },
})
class Press {
  @State() steps = new StateList<Step>();
  @State() entries = 0;

  @Transition({ from: 'idle', to: 'busy' }) begin(id: string): number {
    return this.steps.push(['event', 'begin', id]);
  }
  @Transition({ from: 'busy', on: 'begin' }) goOn(id: string): number {
    return this.steps.push(['event', 'begin', id]);
  }
  @Transition({ from: 'busy' }) work(id: string): number {
    return this.steps.push(['event', 'work', id]);
  }
  @Transition({ from: 'busy', to: 'resting' }) tire(): void {
    this.steps.push(['event', 'tire', '']);
  }
  @Transition({ from: 'resting', to: 'idle' }) wake(): void {
    this.steps.push(['event', 'wake', '']);
  }

  @OnExit('idle') async leaveIdle(): Promise<void> {
    await this.pass('exit', 'idle');
  }
  @OnEntry('busy') async enterBusy(): Promise<void> {
    await this.pass('entry', 'busy');
  }
  @OnExit('busy') async leaveBusy(): Promise<void> {
    await this.pass('exit', 'busy');
  }
  @OnEntry('resting') async enterResting(): Promise<void> {
    await this.pass('entry', 'resting');
  }
  @OnExit('resting') async leaveResting(): Promise<void> {
    await this.pass('exit', 'resting');
  }
  @OnEntry('idle') async enterIdle(): Promise<void> {
    await this.pass('entry', 'idle');
  }

  private async pass(kind: 'entry' | 'exit', state: string): Promise<void> {
    const id = String(++this.entries);
    await this.note([kind, state, id]);
    this.steps.push([kind, state, id]);
  }

  @SideEffect()
  protected note(step: Step): Promise<void> {
    appendFileSync(ledger, `${JSON.stringify({ step, key: currentEffect().idempotencyKey })}\n`);
    return Promise.resolve();
  }

  @Handle({ readOnly: true }) look(): Omit<Observed, 'answers' | 'ledger'> {
    return { state: stateOf(this) ?? '', steps: this.steps.toArray() };
  }
}

type Ask = (id: string) => Promise<number>;

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Nothing moves any more: it is for the judge to say what is missing. */
async function untilStill(moves: () => number): Promise<'still'> {
  for (let last = -1; last !== moves();) {
    last = moves();
    await wait(Number(patience));
  }
  return 'still';
}

async function main(): Promise<void> {
  @Module({ imports: [PlexSpacesModule.forRoot({ storage: url }), PlexSpacesModule.forFeature([Press])] })
  class App {}
  Logger.overrideLogger(['error', 'fatal']);
  const app = await NestFactory.createApplicationContext(App, { logger: ['error', 'fatal'] });
  const press = app.get<ActorClient<Press>>(getActorToken(Press)).ref('a');
  const send = async (index: number): Promise<void> => {
    const { id, name } = eventOf(index);
    const ask = press.with({ idempotencyKey: id, timeout: '10m' }).ask as unknown as Record<typeof name, Ask>;
    const answer = await ask[name](id);
    appendFileSync(answers, `${JSON.stringify([id, answer])}\n`);
  };
  const answered = new Set(existsSync(answers) ? readFileSync(answers, 'utf8').match(/e\d+/g) : []);
  const left = Array.from({ length: Number(events) }, (_, index) => index).filter((i) => !answered.has(eventOf(i).id));
  // All at once: work that came when nothing begins it any more would wait for ever.
  let heard = 0;
  const all = Promise.all(left.map((index) => send(index).then(() => heard++)));
  await Promise.race([all, untilStill(() => heard)]);
  let seen = await press.ask.look();
  const still = untilStill(() => seen.steps.length);
  while (seen.state !== 'idle' && (await Promise.race([still, wait(10)])) !== 'still') seen = await press.ask.look();
  await new Promise((resolve) => process.stdout.write(JSON.stringify(seen), resolve));
  process.exit(0); // it may still wait for an answer
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
