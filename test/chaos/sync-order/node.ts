import 'reflect-metadata';
import { writeSync } from 'node:fs';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  Actor,
  type ActorClient,
  Handle,
  PlexSpacesModule,
  SideEffect,
  State,
  UseFacets,
  durability,
  getActorToken,
  virtualActor,
} from 'plexspaces';
import { TypeormStorageModule } from 'plexspaces/typeorm';

// A whole runtime that writes every answer to its standard output as soon as it has it:
//   node.ts <database> full|relaxed <answers>

const ACTORS = 24;
/** Asks under way at once: several share a flush, and flushes overlap with answers. */
const LANES = 12;

@Actor({ type: 'worker' })
@UseFacets(durability({ checkpointEvery: 20 }), virtualActor())
class Worker {
  @State() private turns = 0;

  /** The answer is made here, so that nothing written before the commit holds it. */
  @Handle() async work(number: number): Promise<string> {
    this.turns += number % 3 === 0 ? await this.look(number) : 1;
    return `done-${String(number).padStart(6, '0')}`;
  }

  @SideEffect() protected async look(number: number): Promise<number> {
    return number % 7;
  }
}

async function main([database, durabilityOfStore, answers]: readonly string[]): Promise<void> {
  const storage = TypeormStorageModule.sqlite(database as string, {
    durability: durabilityOfStore === 'relaxed' ? 'relaxed' : 'full',
  });
  @Module({ imports: [PlexSpacesModule.forRoot({ storage }), PlexSpacesModule.forFeature([Worker])] })
  class App {}
  const app = await NestFactory.createApplicationContext(App, { logger: ['error', 'fatal'] });
  const workers = app.get<ActorClient<Worker>>(getActorToken(Worker), { strict: false });

  let next = 0;
  const lane = async (): Promise<void> => {
    for (let number = next++; number < Number(answers); number = next++) {
      const ref = workers.ref(String(number % ACTORS)).with({ idempotencyKey: `ask-${number}` });
      // Every tenth is sent twice: whoever joins a running turn waits for the flush as well.
      const asks = [ref.ask.work(number), ...(number % 10 === 0 ? [ref.ask.work(number)] : [])];
      await Promise.all(asks.map(async (ask) => writeSync(1, `${await ask}\n`)));
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  await app.close();
}

void main(process.argv.slice(2));
