import { appendFileSync, readFileSync } from 'node:fs';

/** One call as the outside world saw it. The service writes it down before it answers. */
export interface LedgerLine {
  /** Rank among all calls, from 1. */
  readonly call: number;
  readonly path: string;
  /** What the caller sent as `Idempotency-Key`. */
  readonly key: string;
  readonly answer: number;
}

/** A file with one JSON line per call, of the rate service's own: the actor's storage has no part in it. */
export class Ledger {
  constructor(private readonly file: string) {}

  write(line: LedgerLine): void {
    appendFileSync(this.file, `${JSON.stringify(line)}\n`);
  }

  read(): LedgerLine[] {
    const lines = readFileSync(this.file, 'utf8').split('\n').filter(Boolean);
    return lines.map((line) => JSON.parse(line) as LedgerLine);
  }
}
