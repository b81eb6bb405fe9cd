import 'reflect-metadata';
import { writeSync } from 'node:fs';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { type ActorClient, PlexSpacesModule, getActorToken } from 'plexspaces';
import { isPlexSpacesError } from 'plexspaces/spi';
import { OperationLog } from 'plexspaces/testing';
import { TypeormStorageModule } from 'plexspaces/typeorm';
import { Counter } from './counter';

// A node whose clients write down what they asked and what they were told, and give up after so many milliseconds:
//   node.ts <database> <log of operations> <patience>
// Two lines for each round of asks: `asking` when they are under way, and how many of them were answered:
// `round <answered> of <asked>`. It ends by being killed.

const KEYS = 6;

async function main([database = '', log = '', patience = '']: readonly string[]): Promise<void> {
  @Module({
    imports: [
      PlexSpacesModule.forRoot({ storage: TypeormStorageModule.sqlite(database) }),
      PlexSpacesModule.forFeature([Counter]),
    ],
  })
  class App {}
  const app = await NestFactory.createApplicationContext(App, { logger: false });
  const counters = app.get<ActorClient<Counter>>(getActorToken(Counter), { strict: false });
  const operations = new OperationLog({ file: log });

  const ask = async (key: string, round: number): Promise<boolean> => {
    const id = `${key}-${round}`;
    const method = round % 3 === 0 ? 'addRated' : 'add';
    const ref = counters.ref(key).with({ idempotencyKey: id, timeout: Number(patience) });
    const actor = `default/default/counter/${key}`;
    const handle = operations.invoke({ id, client: key, actor, kind: 'ask', method, args: [1], readOnly: false });
    try {
      operations.ok(handle, await ref.ask[method](1));
      return true;
    } catch (error) {
      operations.info(handle, isPlexSpacesError(error) ? error.code : String(error));
      return false;
    }
  };

  for (let round = 0; ; round++) {
    const asks = Array.from({ length: KEYS }, (_, i) => ask(String(i), round));
    writeSync(1, 'asking\n');
    const answers = await Promise.all(asks);
    writeSync(1, `round ${answers.filter(Boolean).length} of ${KEYS}\n`);
  }
}

void main(process.argv.slice(2));
