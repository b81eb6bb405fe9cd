import 'reflect-metadata';
import { Logger, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { type ActorClient, PlexSpacesModule, durability, getActorToken, virtualActor } from 'plexspaces';
import { TypeormStorageModule } from 'plexspaces/typeorm';
import { actorOf } from '../../support/kinds';
import { Desk } from './desk';

// A node that does what its arguments say and prints a line of JSON for each answer:
//   crash.program.ts <database> (ask | effect | decide | pass | answer | seen | crash)…
// `ask` and `effect` begin to wait under one idempotency key, `answer` waits for what comes of it.

const DurableDesk = actorOf(Desk, { type: 'desk' }, durability({ checkpointEvery: 1 }), virtualActor());

async function main([database, ...words]: string[]): Promise<void> {
  @Module({
    imports: [
      PlexSpacesModule.forRoot({ storage: TypeormStorageModule.sqlite(database as string) }),
      PlexSpacesModule.forFeature([DurableDesk]),
    ],
  })
  class App {}
  Logger.overrideLogger(false); // standard output is for what was asked
  const app = await NestFactory.createApplicationContext(App);
  const desk = app.get<ActorClient<Desk>>(getActorToken(DurableDesk)).ref('a');
  const keyed = (idempotencyKey: string) => desk.with({ idempotencyKey }).ask;
  let asked: Promise<string> | null = null;
  for (const word of words) {
    switch (word) {
      case 'ask':
        asked = keyed('request').request('a');
        break;
      case 'effect':
        asked = keyed('request').requestWithEffect('a');
        break;
      case 'decide':
        print(await keyed('decision').decide('a', 'yes'));
        break;
      case 'pass':
        await keyed('decision').passOn('a', false);
        break;
      case 'answer':
        print(await asked);
        break;
      case 'seen': {
        const { requests, decisions } = await desk.ask.seen();
        print({ requests, decisions });
        break;
      }
      default:
        process.kill(process.pid, 'SIGKILL');
    }
  }
  await app.close();
}

function print(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

void main(process.argv.slice(2));
