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
  UseFacets,
  getActorToken,
  virtualActor,
} from 'plexspaces';

// An application without a server, so that nothing of Node's own keeps its process up:
//   stay-up.program.ts ask | tell | close | nothing | worker

@Actor({ type: 'slow' })
@UseFacets(virtualActor())
class Slow {
  @Handle()
  async work(@Ctx() ctx: ActorContext): Promise<string> {
    await ctx.sleep('300ms');
    print('worked');
    return 'answered';
  }

  onDeactivate(): void {
    print('deactivated');
  }
}

async function main(word: string): Promise<void> {
  @Module({
    imports: [
      PlexSpacesModule.forRoot({ development: false, keepAlive: word === 'worker' }),
      PlexSpacesModule.forFeature([Slow]),
    ],
  })
  class App {}
  Logger.overrideLogger(false);
  const app = await NestFactory.createApplicationContext(App);
  const slow = app.get<ActorClient<Slow>>(getActorToken(Slow)).ref('a');
  if (word === 'ask') print(await slow.ask.work());
  if (word === 'tell' || word === 'close') await slow.tell.work();
  if (word === 'close') await app.close();
  if (word === 'worker') {
    process.on('beforeExit', () => print('idle'));
    process.once('SIGTERM', () => void app.close().then(() => print('closed')));
  }
  print('ready');
}

function print(word: string): void {
  process.stdout.write(`${word}\n`);
}

void main(process.argv[2] as string);
