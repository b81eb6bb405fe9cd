import type { InboxRow } from '#spi';
import { InvalidDeadLetterOptionError } from '../errors';
import { type DeadLetter, deadLetterOf } from './dead-letter';

/** @publicApi */
export interface RedriveOptions {
  /** Of actors of this type only. */
  readonly type?: string;
  /** Takes up those for which it returns true. Default: all. */
  readonly filter?: (letter: DeadLetter) => boolean;
  /** Takes up at most so many. Default: no limit. */
  readonly limit?: number;
  /** Takes up at most so many a second. Default: no limit. */
  readonly rate?: number;
  /** Each as a new message would start: see `RetryParkedOptions`. Default false. */
  readonly anew?: boolean;
  /** Called after each one that was taken up or refused. */
  readonly onProgress?: (progress: RedriveProgress) => void;
}

/** @publicApi */
export interface RedriveFailure {
  readonly letter: DeadLetter;
  readonly error: unknown;
}

/** How far a redrive has come. @publicApi */
export interface RedriveProgress {
  /** Parked messages looked at. */
  readonly seen: number;
  readonly retried: number;
  /** Those that could not be taken up; the others go on. */
  readonly failures: readonly RedriveFailure[];
}

/** What a redrive works with. */
export interface RedrivePort {
  readonly rows: AsyncIterable<InboxRow>;
  retry(letter: DeadLetter): Promise<void>;
  pause(delayMs: number): Promise<void>;
}

/** Each parked message once, in order: one that is parked again meanwhile is for the next redrive. @throws InvalidDeadLetterOptionError */
export async function redrive(port: RedrivePort, options: RedriveOptions): Promise<RedriveProgress> {
  const { filter = () => true, limit = Infinity, rate = Infinity, onProgress } = options;
  checkAbove0('limit', limit);
  checkAbove0('rate', rate);
  const failures: RedriveFailure[] = [];
  let seen = 0;
  let retried = 0;
  for await (const row of port.rows) {
    if (retried >= limit) break;
    seen++;
    const letter = deadLetterOf(row);
    if (!filter(letter)) continue;
    if (retried > 0 && rate !== Infinity) await port.pause(1_000 / rate);
    try {
      await port.retry(letter);
      retried++;
    } catch (error) {
      failures.push({ letter, error });
    }
    onProgress?.({ seen, retried, failures });
  }
  return { seen, retried, failures };
}

function checkAbove0(option: string, value: number): void {
  if (typeof value !== 'number' || !(value > 0))
    throw new InvalidDeadLetterOptionError(option, `must be a number above 0, not ${String(value)}`);
}
