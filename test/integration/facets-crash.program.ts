import 'reflect-metadata';
import { Logger, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  Actor,
  type ActorClient,
  Handle,
  PlexSpacesModule,
  State,
  UseFacets,
  durability,
  facet,
  getActorToken,
  virtualActor,
} from 'plexspaces';
import { TypeormStorageModule } from 'plexspaces/typeorm';

// A node that does what its arguments say, prints a line of JSON for each, and dies by SIGKILL at 'crash':
//   facets-crash.program.ts <database> (<type> add <n> | <type> attach <name> <interval> | <type> list | crash)…

class Tally {
  @State() value = 0;
  @Handle()
  add(by: number): number {
    this.value += by;
    return this.value;
  }
}

@Actor({ type: 'durable' })
@UseFacets(durability(), virtualActor())
class Durable extends Tally {}

@Actor({ type: 'volatile' })
@UseFacets(virtualActor())
class Volatile extends Tally {}

async function main([database, ...words]: string[]): Promise<void> {
  @Module({
    imports: [
      PlexSpacesModule.forRoot({ storage: TypeormStorageModule.sqlite(database as string) }),
      PlexSpacesModule.forFeature([Durable, Volatile]),
    ],
  })
  class App {}
  Logger.overrideLogger(false); // standard output is for what was asked
  const app = await NestFactory.createApplicationContext(App);
  while (words.length > 0) {
    const word = words.shift() as string;
    if (word === 'crash') process.kill(process.pid, 'SIGKILL');
    const cls = word === 'durable' ? Durable : Volatile;
    const actor = app.get<ActorClient<Tally>>(getActorToken(cls)).ref('a');
    const act = words.shift();
    if (act === 'add') print(await actor.ask.add(Number(words.shift())));
    if (act === 'attach') {
      const [name, interval] = words.splice(0, 2) as [string, string];
      await actor.facets.attach(facet(name, { checkpoint_interval: interval }), { priority: 50 });
    }
    if (act === 'list') print(await actor.facets.list());
  }
  await app.close();
}

function print(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

void main(process.argv.slice(2));
