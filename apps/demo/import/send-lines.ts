import type { OrderLine } from '../order-lines';
import { type Worker, WorkerDiedError } from '../processes/worker';
import type { Ending } from '../processes/child-process';

/** Lines under way at the same time. */
const WINDOW = 64;
const MOST_KILLS = 4;

/**
 * Numbers of answered lines after which the worker is killed, evenly spread. Far enough apart that what was under
 * way at one death is not the next one's cause; so a short file sees fewer, or none.
 */
export function planLineKills(lines: number): number[] {
  const kills = Math.min(MOST_KILLS, Math.floor(lines / (2 * WINDOW)));
  return Array.from({ length: kills }, (_, index) => Math.floor((lines * (index + 1)) / (kills + 1)));
}

export interface LineDelivery {
  readonly answered: number;
  /** Lines that were sent again because the worker died before it answered. */
  readonly resent: number;
  readonly endings: readonly Ending[];
  /** The worker that is still alive. */
  readonly worker: Worker;
}

export interface LineSenderOptions {
  /** Names the message of a line: equal in every delivery. */
  readonly idOf: (line: OrderLine) => string;
  /** Numbers of answered lines after which the worker is killed, rising. */
  readonly killAfter: readonly number[];
  readonly startWorker: () => Promise<Worker>;
  readonly onProgress: (answered: number, crashes: number) => void;
}

/** Sends lines with several under way, through the deaths of the worker, until each has its answer. */
export class LineSender {
  private readonly queue: OrderLine[];
  private readonly kills: number[];
  private readonly endings: Ending[] = [];
  private answered = 0;
  private isDying = false;
  private resent = 0;

  constructor(
    lines: readonly OrderLine[],
    private readonly options: LineSenderOptions,
  ) {
    this.queue = [...lines].reverse(); // taken from the end
    this.kills = [...options.killAfter];
  }

  async run(): Promise<LineDelivery> {
    for (;;) {
      this.isDying = false;
      const worker = await this.options.startWorker();
      const isAlive = await this.live(worker);
      if (isAlive) return { answered: this.answered, resent: this.resent, endings: this.endings, worker };
      this.endings.push(await worker.ended);
    }
  }

  /** One life of the worker. @returns whether it saw the end of the queue */
  private async live(worker: Worker): Promise<boolean> {
    const lanes = await Promise.all(Array.from({ length: WINDOW }, () => this.lane(worker)));
    return lanes.every(Boolean);
  }

  private async lane(worker: Worker): Promise<boolean> {
    for (let line = this.queue.pop(); line !== undefined; line = this.queue.pop()) {
      const { stockCode, quantity, unitPrice } = line;
      try {
        await worker.call('stock', 'order', stockCode, this.options.idOf(line), quantity, unitPrice);
        this.count(worker);
      } catch (error) {
        if (!(error instanceof WorkerDiedError)) throw error;
        this.queue.push(line);
        this.resent += 1;
        return false;
      }
    }
    return true;
  }

  private count(worker: Worker): void {
    this.answered += 1;
    this.options.onProgress(this.answered, this.endings.length);
    if (this.isDying || this.answered < (this.kills[0] ?? Infinity)) return; // answers may outrun the signal
    this.kills.shift();
    this.isDying = true;
    worker.kill();
  }
}
