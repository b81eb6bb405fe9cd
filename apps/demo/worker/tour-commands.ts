import { Injectable } from '@nestjs/common';
import { type ActorClient, InjectActor, describeEntry } from 'plexspaces';
import { TourCounter } from './tour-counter';
import { TurnWatch, type WatchedEffect, answerOf } from './turn-watch';

/** An answer, and what the message's run did; no effects: it was answered without a run. */
export interface Answered {
  readonly value: number;
  readonly effects: readonly WatchedEffect[];
}

/** What the tour asks of the counter, by name, over IPC. Everything returned is plain JSON. */
@Injectable()
export class TourCommands {
  constructor(
    @InjectActor(TourCounter) private readonly counters: ActorClient<TourCounter>,
    private readonly watch: TurnWatch,
  ) {}

  /** One message. Equal ids are one message; the id also marks all its entries. */
  async change(key: string, by: number, id: string, isRepeat: boolean): Promise<Answered> {
    const counter = this.counters.ref(key).with({ idempotencyKey: id, correlationId: id });
    const value = by < 0 ? await counter.ask.decrement(-by) : await counter.ask.increment(by);
    return { value: answerOf(value, isRepeat), effects: this.watch.effectsOf(id) };
  }

  current(key: string): Promise<number> {
    return this.counters.ref(key).ask.current();
  }

  async entries(key: string) {
    const entries = await this.counters.ref(key).history.entries();
    return entries.map(describeEntry);
  }

  checkpoints(key: string) {
    return this.counters.ref(key).history.checkpoints();
  }

  async valueAt(key: string, seq: number): Promise<number> {
    const state = await this.counters.ref(key).history.stateAt({ seq });
    return (state as { readonly value: number }).value;
  }

  /** Runs the code of today against the record. */
  verify(key: string) {
    return this.counters.ref(key).history.verify();
  }
}
