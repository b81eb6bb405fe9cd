import 'reflect-metadata';
import { Logger, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  Actor,
  type ActorClient,
  type ActorContext,
  ActorSystem,
  Ctx,
  FsPersistentStorage,
  Handle,
  PlexSpacesModule,
  SideEffect,
  State,
  StateMap,
  TerminalError,
  UseFacets,
  durability,
  getActorToken,
  virtualActor,
} from 'plexspaces';
import { TypeormStorageModule } from 'plexspaces/typeorm';
import { CANARIES } from './canaries';

// An application whose every value is a secret. It is started twice, the first time to be killed:
//   canary.program.ts <folder> (plain | sealed) (msgpack | json)

const [folder, mode, codec] = process.argv.slice(2) as [string, 'plain' | 'sealed', 'msgpack' | 'json'];

const snapshots = new FsPersistentStorage({ directory: `${folder}/snapshots` });

@Actor({ type: 'vault' })
@UseFacets(durability({ checkpointEvery: 2, compression: 'none' }), virtualActor())
class Vault {
  @State() held = '';
  @State() readonly papers = new StateMap<string, { readonly text: string }>();

  @Handle() async put(argument: { readonly text: string }, @Ctx() ctx: ActorContext): Promise<object> {
    this.held = CANARIES.state;
    this.papers.set(CANARIES.stateKey, { text: CANARIES.delta });
    const fetched = await this.fetch(CANARIES.effectArgument);
    await ctx.actor(Vault, 'other').tell.keep({ text: CANARIES.send });
    return { text: CANARIES.result, length: argument.text.length + fetched.text.length };
  }
  @Handle() keep(argument: { readonly text: string }): number {
    return argument.text.length;
  }
  @Handle() fail(): void {
    throw new TerminalError(CANARIES.error, { text: CANARIES.errorDetail });
  }
  @SideEffect() protected async fetch(_: string): Promise<{ readonly text: string }> {
    return { text: CANARIES.effect };
  }
}

@Actor({ type: 'note', snapshot: true })
class Note {
  @State() text = '';

  @Handle() async write(@Ctx() ctx: ActorContext): Promise<void> {
    this.text = CANARIES.snapshot;
    await ctx.saveSnapshot(snapshots);
  }
}

async function main(): Promise<void> {
  Logger.overrideLogger(false);
  @Module({
    imports: [
      PlexSpacesModule.forRoot({
        storage: TypeormStorageModule.sqlite(`${folder}/journal.db`),
        snapshots: { storage: snapshots },
        codec,
        ...(mode === 'sealed' ? { encryption: { keys: { k1: Buffer.alloc(32, 7) }, current: 'k1' } } : {}),
      }),
      PlexSpacesModule.forFeature([Vault, Note]),
    ],
  })
  class App {}
  const app = await NestFactory.createApplicationContext(App);
  const vault = app.get<ActorClient<Vault>>(getActorToken(Vault)).ref('a');
  const answers: unknown[] = [];
  for (const key of ['1', '2', '3'])
    answers.push(await vault.with({ idempotencyKey: key }).ask.put({ text: CANARIES.argument }));
  const failure = await vault.with({ idempotencyKey: 'f' }).ask.fail().catch(String);
  await vault.with({ delay: '1h' }).tell.keep({ text: CANARIES.waiting });
  const note = await app.get(ActorSystem).respawnOr(Note, 'n', { fallback: () => [] });
  await note.ask.write();
  process.stdout.write(`${JSON.stringify({ answers, failure })}\n`);
  process.kill(process.pid, 'SIGKILL'); // nothing is closed: the write-ahead log stays as it is
}

void main();
