import { outsideTurns } from '../turn/frame';
import type { Activation } from './activation';

/** Activations with work to do. One microtask serves them all; each works off a burst, in the order they came. */
export class RunQueue {
  private ready: Activation[] = [];
  private running = false;

  add(activation: Activation): void {
    if (activation.scheduled) return;
    activation.scheduled = true;
    this.ready.push(activation);
    if (this.running) return;
    this.running = true;
    outsideTurns(() => queueMicrotask(this.drain));
  }

  private readonly drain = (): void => {
    for (const activation of this.ready) runGuarded(activation); // the list grows meanwhile
    this.ready.length = 0;
    this.running = false;
  };
}

/** A defect of the runtime in one actor must not stop the others. */
function runGuarded(activation: Activation): void {
  try {
    activation.run();
  } catch (error) {
    activation.defect(error);
  }
}
