import 'reflect-metadata';
import { appendFileSync } from 'node:fs';
import { Logger, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  Actor,
  type ActorClient,
  type ActorContext,
  Ctx,
  Handle,
  PlexSpacesModule,
  SideEffect,
  State,
  SystemEnv,
  UseFacets,
  currentEffect,
  durability,
  getActorToken,
  virtualActor,
} from 'plexspaces';
import { ReminderFacet, reminder, reminders } from 'plexspaces/facets/reminder';

// A node whose one actor is reminded `runs` times, each time writing a line into a ledger outside; a day has passed since it
// registered, so that all of it is due when the node starts. Killed at a failpoint or through with it, then it prints what it made:
//   program.ts <storage URL> <ledger file> <runs> register|work

const [url, ledger, runs, task] = process.argv.slice(2) as [string, string, string, 'register' | 'work'];

/** It registers today, and works from the next day on. */
class Env extends SystemEnv {
  override now(): number {
    return super.now() + (task === 'work' ? 86_400_000 : 0);
  }
}

@Actor({ type: 'report' })
@UseFacets(durability({ checkpointEvery: 7 }), virtualActor(), reminder())
class Report {
  @State() made: string[] = [];

  @Handle()
  register(@Ctx() ctx: ActorContext, maxOccurrences: number): string {
    return reminders<Report>(ctx).register('r', { every: '1m', missed: 'all', maxOccurrences }, 'generate');
  }

  /** Killed often at the same run, which is no reason to park it. */
  @Handle({ retry: { maxAttempts: 1_000, initialDelay: 1, maxDelay: 1 } })
  async generate(@Ctx() ctx: ActorContext): Promise<void> {
    await this.note(ctx.messageId);
    this.made.push(ctx.messageId);
  }

  @SideEffect()
  protected note(run: string): Promise<void> {
    const line = { run, key: currentEffect().idempotencyKey };
    appendFileSync(ledger, `${JSON.stringify(line)}\n`);
    return Promise.resolve();
  }

  @Handle({ readOnly: true })
  list(@Ctx() ctx: ActorContext): { made: readonly string[]; left: number } {
    return { made: this.made, left: reminders<Report>(ctx).list().length };
  }
}

async function main(): Promise<void> {
  @Module({
    imports: [PlexSpacesModule.forRoot({ storage: url, env: new Env() }), PlexSpacesModule.forFeature([Report])],
    providers: [ReminderFacet],
  })
  class App {}
  Logger.overrideLogger(['error', 'fatal']);
  const app = await NestFactory.createApplicationContext(App, { logger: ['error', 'fatal'] });
  const report = app.get<ActorClient<Report>>(getActorToken(Report)).ref('a');
  if (task === 'register') await report.ask.register(Number(runs));
  let state = await report.ask.list();
  while (task === 'work' && state.left > 0) {
    await new Promise((resolve) => setTimeout(resolve, 20)); // while the due scanner wakes it
    state = await report.ask.list();
  }
  process.stdout.write(JSON.stringify(state.made));
  await app.close();
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
