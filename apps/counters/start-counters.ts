import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { type INestApplication, Logger, type NestApplicationOptions } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { CountersModule } from './counters.module';

const logger = new Logger('Counters');
/** An error at start comes back to us, who can say what to do about it. */
const OPTIONS: NestApplicationOptions = { abortOnError: false };

/** Starts the node: `PORT` (3000) and `PLEXSPACES_DB` (./data/journal.db) say where. Ends the process when it cannot. */
export async function startCounters(): Promise<void> {
  try {
    const database = process.env['PLEXSPACES_DB'] ?? './data/journal.db';
    const app = await listen(readPort(process.env['PORT']), database);
    const url = `${(await app.getUrl()).replace('[::1]', 'localhost')}/counters`;
    logger.log(`Counters are at ${url}, their journal is in ${database}`);
    logger.log(`Try: curl -d '{"by": 1}' -H 'content-type: application/json' ${url}/mine/increment`);
  } catch (error) {
    logger.fatal(describe(error));
    process.exitCode = 1;
  }
}

async function listen(port: number, database: string): Promise<INestApplication> {
  mkdirSync(dirname(database), { recursive: true });
  const app = await NestFactory.create(CountersModule.on(database), OPTIONS);
  // On SIGTERM and SIGINT: no new work, turns under way end, the journal is closed, then exit code 0.
  app.enableShutdownHooks(undefined, { useProcessExit: true });
  try {
    await app.listen(port);
    return app;
  } catch (error) {
    await app.close();
    throw error;
  }
}

function readPort(given = '3000'): number {
  if (/^\d{1,5}$/.test(given) && Number(given) < 65_536) return Number(given);
  throw new RangeError(`PORT is ${JSON.stringify(given)}. Set a number from 0 to 65535; 0 takes any free port.`);
}

function describe(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE') return `${message}. Stop the other program, or choose a port: PORT=3001 npm start`;
  return message;
}
