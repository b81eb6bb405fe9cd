import 'reflect-metadata';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Logger, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  Actor,
  ActorSystem,
  DeadLetters,
  Handle,
  PlexSpacesModule,
  SideEffect,
  State,
  UseFacets,
  durability,
  virtualActor,
} from 'plexspaces';

// A process with actors that a message may kill:
//   poison.program.ts <directory> fill      a thousand messages for one key, one of them deadly, and dies before the first
//   poison.program.ts <directory> work      works until all is done or parked, and prints what there is; the deadly one kills it
//   poison.program.ts <directory> spoil     parks a message that has an effect
//   poison.program.ts <directory> mend      takes up whatever is parked, which does no harm any more, and prints what there is
// With `held` behind them the last two are about an actor whose line the parked message holds, with two others in it.

const [directory, mode, line] = process.argv.slice(2) as [string, 'fill' | 'work' | 'spoil' | 'mend', 'held'?];
const log = join(directory, 'effects.log');

@Actor({ type: 'victim' })
@UseFacets(durability(), virtualActor())
class Victim {
  @State() done: number[] = [];
  @Handle() async block(): Promise<void> {
    if (mode === 'fill') await new Promise(() => undefined);
  }
  @Handle() work(i: number): void {
    this.done.push(i);
  }
  @Handle() deadly(i: number): void {
    if (mode === 'work') process.kill(process.pid, 'SIGKILL');
    this.done.push(i);
  }
  @Handle({ retry: { maxAttempts: 2, initialDelay: 1, jitter: 'none' } }) async fragile(i: number): Promise<void> {
    await this.note(i);
    if (mode === 'spoil') throw new Error('toxic');
    this.done.push(i);
  }
  @Handle({ readOnly: true }) look(): number[] {
    return this.done;
  }
  @SideEffect() protected async note(i: number): Promise<void> {
    appendFileSync(log, `${i}\n`);
  }
}

@Actor({ type: 'held', onPoison: 'hold' })
@UseFacets(durability(), virtualActor())
class Held extends Victim {}

async function main(): Promise<void> {
  Logger.overrideLogger(false);
  @Module({
    imports: [
      PlexSpacesModule.forRoot({ storage: `sqlite:${join(directory, 'poison.db')}`, development: false }),
      PlexSpacesModule.forFeature([Victim, Held]),
    ],
  })
  class App {}
  const app = await NestFactory.createApplicationContext(App);
  const system = app.get(ActorSystem);
  const letters = app.get(DeadLetters);
  const victim = system.ref(line ?? 'victim', 'a');
  // A ref of its own: a read of one that has sent before waits for what that has sent.
  const reader = system.ref(line ?? 'victim', 'a');
  const until = async (condition: () => Promise<boolean>): Promise<void> => {
    while (!(await condition())) await new Promise((resolve) => setImmediate(resolve));
  };
  const done = async (): Promise<number[]> => (await reader.ask('look')) as number[];
  const parked = async (): Promise<number> => (await letters.list()).letters.length;

  if (mode === 'fill') {
    void victim.tell('block');
    const all = Array.from({ length: 1_000 }, (_, i) => victim.tell(i === 500 ? 'deadly' : 'work', i));
    all.push(system.ref('victim', 'neighbour').tell('work', 7));
    await Promise.all(all);
    process.kill(process.pid, 'SIGKILL');
  }
  if (mode === 'spoil') {
    await victim.tell('fragile', 1);
    if (line === 'held') await Promise.all([victim.tell('work', 2), victim.tell('work', 3)]);
    await until(async () => (await parked()) === 1);
  }
  if (mode === 'work') await until(async () => (await parked()) === 1 && (await done()).length === 999);
  if (mode === 'mend') {
    const before = (await done()).length;
    const { letters: found } = await letters.list();
    for (const letter of found) await letters.retry(letter);
    const least = line === 'held' ? 3 : 1;
    await until(async () => (await done()).length >= Math.max(least, before + found.length));
  }
  const [letter] = (await letters.list()).letters;
  const effects = existsSync(log) ? readFileSync(log, 'utf8').split('\n').filter(Boolean) : [];
  const neighbour = await system.ref('victim', 'neighbour').ask('look');
  const cause = letter === undefined ? null : letter.cause.message;
  process.stdout.write(
    JSON.stringify({
      done: await done(),
      neighbour,
      effects,
      parked: await parked(),
      args: letter?.args ?? null,
      cause,
    }),
  );
  await app.close();
}

void main();
