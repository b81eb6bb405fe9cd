// The process that is killed: `node main.js <SQLite file, or nothing>`, driven over IPC.
import type { NestApplicationOptions } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { STOP } from '../processes/child-process';
import { RecoveryCommands } from './recovery-commands';
import { StockCommands } from './stock-commands';
import { TourCommands } from './tour-commands';
import type { Call, Failure, Reply } from './wire';
import { WorkerModule } from './worker.module';

const OPTIONS: NestApplicationOptions = { logger: ['warn', 'error', 'fatal'], abortOnError: false };

type Command = (...args: readonly unknown[]) => unknown;

/** `tour.change` is the method `change` of {@link TourCommands}. */
export interface Commands {
  readonly tour: TourCommands;
  readonly stock: StockCommands;
  readonly recovery: RecoveryCommands;
}

async function main(database = ''): Promise<void> {
  const app = await NestFactory.createApplicationContext(WorkerModule.on(database), OPTIONS);
  const commands: Commands = {
    tour: app.get(TourCommands),
    stock: app.get(StockCommands),
    recovery: app.get(RecoveryCommands),
  };
  const stop = (): void => void app.close().then(() => process.exit());
  process.on('message', (message: Call | typeof STOP) => {
    if (message === STOP) stop();
    else void answer(commands, message);
  });
  process.once('disconnect', stop);
  reply({ kind: 'ready' });
}

async function answer(commands: Commands, { id, command, args }: Call): Promise<void> {
  try {
    const [group, name] = command.split('.') as [keyof Commands, string];
    const target = commands[group] as unknown as Readonly<Record<string, Command>>;
    reply({ kind: 'value', id, value: await target[name]?.(...args) });
  } catch (error) {
    reply({ kind: 'failure', id, failure: describe(error) });
  }
}

function describe(error: unknown): Failure {
  const { code = 'UNKNOWN', message } = error as { readonly code?: string; readonly message: string };
  return { code, message };
}

function reply(message: Reply): void {
  process.send?.(message);
}

main(process.argv[2]).catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  process.exit(1);
});
