import 'reflect-metadata';
import { type INestApplicationContext, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ActorSystem, FsCheckpointStorage, Journal, PlexSpacesModule, type UntypedRef } from 'plexspaces';
import { STORAGE, type Storage } from 'plexspaces/spi';
import { TypeormStorageModule } from 'plexspaces/typeorm';
import { Account, Book } from './bank';
import type { ActorReport, Reply, Request } from './protocol';

// A node that does what its parent tells it, message by message, until it is stopped or killed:
//   node.ts <database> [<folder of checkpoints>]

async function main([database, checkpoints]: string[]): Promise<void> {
  @Module({
    imports: [
      PlexSpacesModule.forRoot({
        autoStart: false,
        // SIGKILL does not test the disk: what the kernel has is not lost.
        storage: TypeormStorageModule.sqlite(database as string, { durability: 'relaxed' }),
        checkpoints: checkpoints === undefined ? undefined : new FsCheckpointStorage(checkpoints),
      }),
      PlexSpacesModule.forFeature([Account, Book]),
    ],
  })
  class App {}
  const app = await NestFactory.createApplicationContext(App, { logger: false });
  process.on('message', (request: Request) => void answer(app, request));
  reply({ id: 'ready' });
}

async function answer(app: INestApplicationContext, request: Request): Promise<void> {
  const { id } = request;
  try {
    reply({ id, value: await carryOut(app, request) });
  } catch (error) {
    const { name, message, code } = error as Error & { code?: string };
    reply({ id, error: { name, message, code: code ?? '' } });
  }
}

async function carryOut(app: INestApplicationContext, request: Request): Promise<unknown> {
  switch (request.kind) {
    case 'start':
      return app.get(ActorSystem).start();
    case 'inspect':
      return inspect(app.get<Storage>(STORAGE, { strict: false }));
    case 'stop':
      await app.close();
      reply({ id: request.id });
      return process.disconnect();
    case 'ask':
      return refOf(app, request).ask(request.method, ...request.args);
    case 'tell':
      return refOf(app, request).tell(request.method, ...request.args);
  }
}

const refs = new Map<string, UntypedRef>();

/** One ref per actor: messages sent through one ref arrive in their order. */
function refOf(app: INestApplicationContext, { actor, key }: Extract<Request, { actor: string }>): UntypedRef {
  let ref = refs.get(actor);
  const [type, name] = actor.split('/') as [string, string];
  if (ref === undefined) refs.set(actor, (ref = app.get(ActorSystem).ref(type, name)));
  return key === null ? ref : ref.with({ idempotencyKey: key });
}

/** What the store holds, read beside the actors. */
async function inspect(storage: Storage): Promise<ActorReport[]> {
  const journal = new Journal(storage);
  const reports: ActorReport[] = [];
  for (const actor of await storage.journal.actors('', '', 1_000)) {
    const report: ActorReport = { actor, seqs: [], epochs: [], recorded: [], pending: [], parked: 0 };
    let messageId = '';
    for (const entry of await journal
      .replayFrom({ tenant: 'default', namespace: 'default', ...idOf(actor) }, 0)
      .toArray()) {
      report.seqs.push(entry.seq);
      if (entry.kind === 'ActivationStarted') report.epochs.push(entry.epoch);
      if (entry.kind === 'MessageReceived') messageId = entry.messageId;
      if (entry.kind === 'MessageParked') report.parked++;
      if (entry.kind === 'SideEffectExecuted')
        report.recorded.push(`${actor}/${messageId}/${entry.scope}/${entry.ordinal}`);
    }
    report.pending.push(...(await storage.inbox.pending(actor)).map(({ id, state }) => `${id} ${state}`));
    reports.push(report);
  }
  return reports;
}

function idOf(actor: string): { type: string; key: string } {
  const [type, key] = actor.split('/').slice(2) as [string, string];
  return { type, key };
}

function reply(message: Reply): void {
  if (process.connected) process.send?.(message);
}

void main(process.argv.slice(2));
