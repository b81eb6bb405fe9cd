import 'reflect-metadata';
import { Logger, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  Actor,
  type ActorClient,
  type ActorContext,
  Ctx,
  Handle,
  PlexSpacesModule,
  State,
  SystemEnv,
  UseFacets,
  durability,
  getActorToken,
  virtualActor,
} from 'plexspaces';
import { TimerFacet, timer, timers } from 'plexspaces/facets/timer';
import { TypeormStorageModule } from 'plexspaces/typeorm';

// Lives of a node with timers, each of which ends by SIGKILL and prints what it saw as a line of JSON:
//   timer-crash.program.ts <database> schedule <milliseconds> | fired | look
// All lives but the first are a day later, so that what was scheduled fell due while none was under way.

/** Its wall clock; timers of a life that is under way know nothing of it. */
class Env extends SystemEnv {
  constructor(private readonly aheadMs: number) {
    super();
  }

  override now(): number {
    return super.now() + this.aheadMs;
  }
}

class Session {
  @State() fired = 0;

  @Handle() schedule(ms: number, @Ctx() ctx: ActorContext): void {
    timers<Session>(ctx).scheduleOnce('once', ms, 'fire');
  }
  @Handle() fire(): void {
    this.fired++;
  }
  @Handle() look(@Ctx() ctx: ActorContext): { fired: number; timers: number } {
    return { fired: this.fired, timers: timers<Session>(ctx).list().length };
  }
}

@Actor({ type: 'durable' })
@UseFacets(durability(), virtualActor(), timer())
class Durable extends Session {}

@Actor({ type: 'volatile' })
@UseFacets(virtualActor(), timer())
class Volatile extends Session {}

async function main([database, word, ms]: string[]): Promise<void> {
  @Module({
    imports: [
      PlexSpacesModule.forRoot({
        storage: TypeormStorageModule.sqlite(database as string),
        env: new Env(word === 'schedule' ? 0 : 86_400_000),
      }),
      PlexSpacesModule.forFeature([Durable, Volatile]),
    ],
    providers: [TimerFacet],
  })
  class App {}
  Logger.overrideLogger(false); // standard output is for what was asked
  const app = await NestFactory.createApplicationContext(App);
  const [durable, volatile] = [Durable, Volatile].map((cls) =>
    app.get<ActorClient<Session>>(getActorToken(cls)).ref('a'),
  ) as [Ref, Ref];
  if (word === 'schedule') for (const actor of [durable, volatile]) await actor.ask.schedule(Number(ms));
  while (word === 'fired' && (await durable.ask.look()).fired === 0) await new Promise(setImmediate);
  process.stdout.write(`${JSON.stringify([await durable.ask.look(), await volatile.ask.look()])}\n`, () =>
    process.kill(process.pid, 'SIGKILL'),
  );
}

type Ref = ReturnType<ActorClient<Session>['ref']>;

void main(process.argv.slice(2));
