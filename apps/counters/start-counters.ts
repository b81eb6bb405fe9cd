import { type INestApplication, Logger, type NestApplicationOptions } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { describeStorageUrl } from 'plexspaces';
import { CountersModule } from './counters.module';

const logger = new Logger('Counters');
/** An error at start comes back to us, who can say what to do about it. */
const OPTIONS: NestApplicationOptions = { abortOnError: false };

/**
 * Starts the node: `PORT` (3000) says where, `PLEXSPACES_STORAGE` on which store (a URL), or `PLEXSPACES_DB` (./data/journal.db) in
 * which SQLite file. Ends the process when it cannot.
 */
export async function startCounters(): Promise<void> {
  try {
    const storage = storageUrl(process.env);
    const journal = describeStorageUrl(storage).replace(/^sqlite:/, '');
    const app = await listen(readPort(process.env['PORT']), storage);
    const url = `${(await app.getUrl()).replace('[::1]', 'localhost')}/counters`;
    logger.log(`Counters are at ${url}, their journal is in ${journal}`);
    logger.log(`Try: curl -d '{"by": 1}' -H 'content-type: application/json' ${url}/mine/increment`);
  } catch (error) {
    logger.fatal(describe(error));
    process.exitCode = 1;
  }
}

async function listen(port: number, storage: string): Promise<INestApplication> {
  const app = await NestFactory.create(CountersModule.on(storage), OPTIONS);
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

function storageUrl(env: NodeJS.ProcessEnv): string {
  const { PLEXSPACES_STORAGE: url, PLEXSPACES_DB: file = './data/journal.db' } = env;
  return url ?? `sqlite:${encodeURI(file).replaceAll('?', '%3F')}`;
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
