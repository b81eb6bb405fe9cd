import { Logger, type LoggerService } from '@nestjs/common';

/** More lines than anyone reads. */
const MOST = 500;

/** Hears what applications log, in place of the console; keeps warnings and errors. */
export function collectLogs(lines: string[], prefix: () => string): LoggerService {
  const ignore = (): void => undefined;
  const keep = (message: unknown): void => {
    if (lines.length < MOST) lines.push(`${prefix()}${String(message)}`);
  };
  return { log: ignore, debug: ignore, verbose: ignore, warn: keep, error: keep, fatal: keep };
}

/** Nest has one logger per process: the one that was there comes back afterwards. */
export function borrowLogger(logger: LoggerService): () => void {
  const before = Logger['staticInstanceRef'];
  Logger.overrideLogger(logger);
  return () => Logger.overrideLogger(before ?? true);
}
