import 'reflect-metadata';
import { Logger, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  Actor,
  ActorSystem,
  Handle,
  PlexSpacesModule,
  State,
  Supervisor,
  UseFacets,
  child,
  durability,
  virtualActor,
} from 'plexspaces';
import { TypeormStorageModule } from 'plexspaces/typeorm';

// A process with one supervised actor whose `crash` always fails. It does what its arguments say and prints a line of JSON for each:
//   crash-loop.program.ts <file> <onRootFailure> (add <n> | crash | stats | die)…

const [file, onRootFailure, ...words] = process.argv.slice(2) as [string, 'report' | 'exit', ...string[]];

@Actor({ type: 'worker' })
@UseFacets(durability(), virtualActor())
class Worker {
  @State() total = 0;

  @Handle() add(by: number): number {
    return (this.total += by);
  }
  @Handle() crash(): void {
    this.total += 1_000;
    throw new Error('boom');
  }
}

@Supervisor({ strategy: 'oneForOne', maxRestarts: 5, within: '1h', onRootFailure, children: [child(Worker, 'w')] })
class Top {}

async function main(): Promise<void> {
  Logger.overrideLogger(false);
  @Module({
    imports: [
      PlexSpacesModule.forRoot({ storage: TypeormStorageModule.sqlite(file) }),
      PlexSpacesModule.forFeature([Worker, Top]),
    ],
  })
  class App {}
  const app = await NestFactory.createApplicationContext(App);
  app.enableShutdownHooks();
  const system = app.get(ActorSystem);
  const worker = system.ref('worker', 'w');
  const print = (value: unknown): void => void process.stdout.write(`${JSON.stringify(value)}\n`);
  const untilSettled = (): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => {
        const { supervisors } = system.supervision.status();
        const isSettled = supervisors.every(({ children }) =>
          children.every(({ status }) => status === 'running' || status === 'down'),
        );
        if (isSettled) resolve();
        else setImmediate(look);
      };
      setImmediate(look);
    });
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (word === 'die') process.kill(process.pid, 'SIGKILL');
    if (word === 'add') print(await worker.ask('add', Number(words.shift())));
    if (word === 'crash') {
      const outcome = await worker.ask('crash').catch((error: unknown) => (error as { code?: string }).code ?? 'boom');
      await untilSettled();
      print(outcome);
    }
    if (word === 'stats') {
      const { isUp, supervisors } = system.supervision.status();
      print([isUp, supervisors[0]?.recentRestarts, supervisors[0]?.children[0]?.status]);
    }
  }
  if (onRootFailure === 'report') await app.close();
  else setInterval(() => undefined, 60_000); // what ends it is its supervisor
}

void main();
