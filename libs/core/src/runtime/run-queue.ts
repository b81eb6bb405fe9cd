import type { Env } from '#spi';
import { outsideTurns } from '../turn/frame';
import type { Activation } from './activation';
import { endByDefect } from './end-by-defect';

/** Runs between two rests of the queue: actors that tell each other without end must not keep timers and sockets waiting. */
const RUNS_WITHOUT_REST = 10_000;

/** Activations with work to do. One microtask serves them all; each works off a burst, in the order they came. */
export class RunQueue {
  private ready: Activation[] = [];
  private running = false;
  private runs = 0;

  constructor(
    private readonly env: Env,
    /** Asked before each run: an activation that has been given up meanwhile has nothing to do. */
    private readonly mayAct: () => boolean,
  ) {}

  add(activation: Activation): void {
    if (activation.scheduled) return;
    activation.scheduled = true;
    this.ready.push(activation);
    if (this.running) return;
    this.running = true;
    outsideTurns(() => queueMicrotask(this.drain));
  }

  private readonly drain = (): void => {
    let done = 0;
    for (const activation of this.ready) {
      if (this.mayAct()) runGuarded(activation); // the list grows meanwhile
      done++;
      if (++this.runs >= RUNS_WITHOUT_REST) return this.rest(done);
    }
    this.ready.length = 0;
    this.running = false;
  };

  private rest(done: number): void {
    this.runs = 0;
    this.ready.splice(0, done);
    this.env.immediate(this.drain);
  }
}

/** A defect of the runtime in one actor must not stop the others. */
function runGuarded(activation: Activation): void {
  try {
    activation.run();
  } catch (error) {
    endByDefect(activation, error);
  }
}
