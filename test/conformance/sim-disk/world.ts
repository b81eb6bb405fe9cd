import type { Env } from '#spi';
import { type Choices, SeededChoices } from '../../../libs/testing/src/simulation/choices';
import { SimDisk, type SimDiskOptions, type SimStorage } from '../../../libs/testing/src/simulation/disk';
import { SimClock } from '../../../libs/testing/src/simulation/sim-clock';
import type { SimLife } from '../../../libs/testing/src/simulation/sim-life';

export type MakeDisk = (options: SimDiskOptions) => SimDisk;

/** A promise, looked at from outside. */
export interface Tracked<T> {
  state: 'pending' | 'resolved' | 'rejected';
  value?: T;
  error?: unknown;
}

export interface Node {
  readonly env: SimLife;
  readonly storage: SimStorage;
}

/** A disk, a clock, and as many lives as a case opens. */
export class World {
  readonly clock: SimClock;
  readonly disk: SimDisk;

  constructor(make: MakeDisk, { seed = 1, choices = new SeededChoices(seed), faults = {} }: WorldOptions = {}) {
    this.clock = new SimClock({ seed, choices: new SeededChoices(seed) });
    this.disk = make({ choices, faults });
  }

  open(name = 'node'): Node {
    const env = this.clock.newLife(name);
    return { env, storage: this.disk.open(env) };
  }

  crash({ env, storage }: Node, how: 'process' | 'power'): void {
    this.disk.crash(storage, how);
    this.clock.end(env);
  }

  /** Until nothing happens any more. */
  async idle(): Promise<void> {
    await this.clock.run(() => false);
  }

  async until(time: number): Promise<void> {
    this.clock.world.schedule(() => undefined, time - this.clock.time); // time moves from event to event
    await this.clock.run(() => this.clock.time >= time);
  }

  async events(count: number): Promise<void> {
    const until = this.clock.count + count;
    await this.clock.run(() => this.clock.count >= until);
  }

  /** The answer, once everything has happened. */
  async answer<T>(asked: Promise<T>): Promise<Tracked<T>> {
    const tracked = track(asked);
    await this.idle();
    return tracked;
  }
}

interface WorldOptions {
  readonly seed?: number;
  readonly choices?: Choices;
  readonly faults?: SimDiskOptions['faults'] & object;
}

export function track<T>(asked: Promise<T>): Tracked<T> {
  const tracked: Tracked<T> = { state: 'pending' };
  asked.then(
    (value) => Object.assign(tracked, { state: 'resolved', value }),
    (error: unknown) => Object.assign(tracked, { state: 'rejected', error }),
  );
  return tracked;
}

/** Decides as told, label by label, call by call; the tame way when it was told nothing. */
export function scripted(script: Record<string, readonly number[]>): Choices & { readonly asked: string[] } {
  const left = new Map(Object.entries(script).map(([label, values]) => [label, [...values]]));
  const asked: string[] = [];
  const next = (label: string): number => {
    asked.push(label);
    return left.get(label)?.shift() ?? 0;
  };
  return { asked, below: (bound, label) => Math.min(next(label), bound - 1), chance: (_, label) => next(label) !== 0 };
}

/** A clock on which nothing ever falls due. */
export const STOPPED: Pick<Env, 'schedule'> = { schedule: () => ({ cancel: () => undefined }) };
