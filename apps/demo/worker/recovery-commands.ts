import { Injectable } from '@nestjs/common';
import { type ActorClient, type ActorRef, ActorSystem, InjectActor } from 'plexspaces';
import { filter, firstValueFrom } from 'rxjs';
import { WithCheckpoints, WithoutCheckpoints } from './long-history';

const KEY = 'history';
const BATCH = 500;

/** One recovery: from the message that wakes the actor to its answer. */
export interface Recovery {
  readonly value: number;
  readonly ms: number;
}

export type RecoveryWay = 'checkpoint' | 'replay';

@Injectable()
export class RecoveryCommands {
  constructor(
    @InjectActor(WithCheckpoints) private readonly quick: ActorClient<WithCheckpoints>,
    @InjectActor(WithoutCheckpoints) private readonly slow: ActorClient<WithoutCheckpoints>,
    private readonly system: ActorSystem,
  ) {}

  /** The same messages for both, so that the two histories differ in nothing but their checkpoints. */
  async write(messages: number): Promise<void> {
    for (const way of ['checkpoint', 'replay'] as const) {
      const counter = this.refOf(way);
      for (let sent = 0; sent < messages; sent += BATCH) {
        const batch = Math.min(BATCH, messages - sent);
        await Promise.all(Array.from({ length: batch }, (_, i) => counter.ask.increment(1 + ((sent + i) % 7))));
      }
    }
  }

  /** Waits until the actor has left memory, then times the message that brings it back. */
  async recover(way: RecoveryWay): Promise<Recovery> {
    const counter = this.refOf(way);
    await this.leaveMemory(counter);
    const start = performance.now();
    const value = await counter.ask.current();
    return { value, ms: performance.now() - start };
  }

  async entries(way: RecoveryWay): Promise<number> {
    const checkpoints = await this.refOf(way).history.entries();
    return checkpoints.length;
  }

  private async leaveMemory(counter: ActorRef<WithCheckpoints>): Promise<void> {
    const left = firstValueFrom(
      this.system.events$.pipe(filter(({ actor, to }) => to === 'Inactive' && actor.type === counter.id.type)),
    );
    if ((await counter.info()).state === 'Active') await left;
  }

  private refOf(way: RecoveryWay): ActorRef<WithCheckpoints> {
    return (way === 'checkpoint' ? this.quick : this.slow).ref(KEY);
  }
}
