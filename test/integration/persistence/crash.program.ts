import 'reflect-metadata';
import { Logger, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  Actor,
  type ActorContext,
  ActorSystem,
  Ctx,
  FsPersistentStorage,
  Handle,
  PlexSpacesModule,
  State,
} from 'plexspaces';

// A process with one actor that has no journal. It does what its arguments say and prints a line of JSON for each:
//   crash.program.ts <directory> (add <n> | save <n> | fill <n> | show | crash)…

const [directory, ...words] = process.argv.slice(2) as [string, ...string[]];
const storage = new FsPersistentStorage({ directory });

@Actor({ type: 'counter' })
class Counter {
  @State() value = 0;
  @State() name = 'nobody';
  /** So large that a write is more than one page of the disk. */
  @State() page: number[] = [];

  @Handle() add(by: number): number {
    this.name = `at ${this.value + by}`;
    return (this.value += by);
  }
  @Handle() async save(by: number, @Ctx() ctx: ActorContext): Promise<number> {
    this.add(by);
    await ctx.saveSnapshot(storage);
    return this.value;
  }
  @Handle() async fill(by: number, @Ctx() ctx: ActorContext): Promise<number> {
    this.page = new Array<number>(50_000).fill(by);
    return this.save(by, ctx);
  }
  @Handle() show(): unknown[] {
    return [this.value, this.name, this.page.length, [...new Set(this.page)]];
  }
}

async function main(): Promise<void> {
  Logger.overrideLogger(false);
  @Module({ imports: [PlexSpacesModule.forRoot(), PlexSpacesModule.forFeature([Counter])] })
  class App {}
  const app = await NestFactory.createApplicationContext(App);
  const counter = await app.get(ActorSystem).respawnOr(Counter, 'a', { storage, fallback: () => [] });
  const { ask } = counter;
  while (words.length > 0) {
    const word = words.shift();
    if (word === 'crash') process.kill(process.pid, 'SIGKILL');
    if (word === 'add') print(await ask.add(Number(words.shift())));
    if (word === 'save') print(await ask.save(Number(words.shift())));
    if (word === 'fill') print(await ask.fill(Number(words.shift())));
    if (word === 'show') print(await ask.show());
  }
  await app.close();
}

function print(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

void main();
