import 'reflect-metadata';
import { type INestApplicationContext, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  type ActorRef,
  ActorSystem,
  FsCheckpointStorage,
  Journal,
  PlexSpacesModule,
  type UntypedRef,
} from 'plexspaces';
import { type Storage, SystemEnv } from 'plexspaces/spi';
import { TypeormStorageModule } from 'plexspaces/typeorm';
import type { ActorHistory, EffectObservation } from '../../../libs/testing/src/history/history-input';
import { readLedger } from '../../../libs/testing/src/history/ledger-line';
import { observeEffects, readActor } from '../../../libs/testing/src/history/read-actors';
import { BANK, type Visitor } from './bank';
import type { Reply, Request } from './protocol';

// A node that does what its parent tells it, message by message, until it is stopped or killed:
//   node.ts <database> [<folder of checkpoints>]

const PAGE = 1_000;
const POLL_MS = 5;

async function main([database, checkpoints]: string[]): Promise<void> {
  @Module({
    imports: [
      PlexSpacesModule.forRoot({
        autoStart: false,
        // SIGKILL does not test the disk: what the kernel has is not lost.
        storage: TypeormStorageModule.sqlite(database as string, { durability: 'relaxed' }),
        checkpoints: checkpoints === undefined ? undefined : new FsCheckpointStorage(checkpoints),
      }),
      PlexSpacesModule.forFeature(BANK),
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
  const { storage } = app.get(ActorSystem);
  switch (request.kind) {
    case 'start':
      return app.get(ActorSystem).start();
    case 'observe':
      return observe(storage);
    case 'settle':
      return settle(storage);
    case 'histories':
      return histories(storage);
    case 'stop':
      await app.close();
      reply({ id: request.id });
      return process.disconnect();
    case 'spawn':
      await (refOf(app, request.actor).typed as ActorRef<Visitor>).orCreate();
      return undefined;
    case 'terminate':
      return refOf(app, request.actor).typed.stop();
    case 'attach':
      return refOf(app, request.actor).typed.facets.attach('durability', { config: { checkpointEvery: 3 } });
    case 'trim':
      return trim(storage, refOf(app, request.actor).actorId);
    case 'ask':
      return refFor(app, request).ask(request.method, ...request.args);
    case 'tell':
      return refFor(app, request).tell(request.method, ...request.args);
  }
}

const refs = new Map<string, UntypedRef>();

/** One ref per actor: messages sent through one ref arrive in their order. */
function refOf(app: INestApplicationContext, actor: string): UntypedRef {
  let ref = refs.get(actor);
  const [type, name] = actor.split('/') as [string, string];
  if (ref === undefined) refs.set(actor, (ref = app.get(ActorSystem).ref(type, name)));
  return ref;
}

function refFor(
  app: INestApplicationContext,
  { actor, key, delayMs }: Extract<Request, { readonly method: string }>,
): UntypedRef {
  const ref = refOf(app, actor);
  const delay = delayMs === 0 ? {} : { delay: delayMs };
  return key === null ? ref : ref.with({ idempotencyKey: key, ...delay });
}

/** Recorded effects, with their calls so far. Asked for before the actors start. */
async function observe(storage: Storage): Promise<EffectObservation[]> {
  return observeEffects(await histories(storage), readLedger(process.env['LEDGER_FILE'] ?? ''), ['pay']);
}

/** All actors but those whose journals are cut, and the marks of attached facets, which have none. */
async function histories(storage: Storage): Promise<ActorHistory[]> {
  const found: ActorHistory[] = [];
  for (const actor of await storage.journal.actors('', '', PAGE))
    if (!actor.includes('/tally/') && !actor.startsWith('$')) found.push(await readActor(storage, actor));
  return found;
}

/** Waits until nothing accepted is left to do. */
async function settle(storage: Storage): Promise<void> {
  const env = new SystemEnv();
  for (const actor of await storage.journal.actors('', '', PAGE)) {
    while ((await storage.inbox.pending(actor)).length > 0)
      await new Promise<void>((resolve) => env.schedule(resolve, POLL_MS));
  }
}

async function trim(storage: Storage, actor: string): Promise<void> {
  const oldest = (await storage.checkpoints.list(actor)).at(-1);
  if (oldest !== undefined) await new Journal(storage).truncate(actor, oldest);
}

function reply(message: Reply): void {
  if (process.connected) process.send?.(message);
}

void main(process.argv.slice(2));
