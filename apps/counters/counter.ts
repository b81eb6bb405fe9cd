import { Actor, Handle, State, TerminalError, UseFacets, durability, virtualActor } from 'plexspaces';

/** A number that survives: every message is journaled, every tenth leaves a checkpoint, idle counters leave memory. */
@Actor({ type: 'counter' })
@UseFacets(durability({ checkpointEvery: 10 }), virtualActor({ idleTimeout: '5m' }))
export class Counter {
  @State() value = 0;

  @Handle()
  increment(by: number): number {
    const value = this.value + by;
    if (!Number.isSafeInteger(value)) {
      throw new TerminalError(
        `The counter stands at ${this.value}; ${by} more would leave the range of exact whole numbers (±2^53). Increment by less, or begin another counter.`,
        { value: this.value, by },
        { code: 'COUNTER_OUT_OF_RANGE' },
      );
    }
    this.value = value;
    return value;
  }

  @Handle({ readOnly: true })
  current(): number {
    return this.value;
  }
}
