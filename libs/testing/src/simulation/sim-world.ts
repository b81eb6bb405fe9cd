import type { Type } from '@nestjs/common';
import { type ActorClient, type ActorRef, getActorToken } from '#core';
import { Journal, type JournalEntry, decodeCheckpoint } from '#journal';
import type { InboxRow, Storage } from '#spi';
import type { Choices } from './choices';
import type { LedgerLine, OperationRecord } from '../history';
import { SimClient } from './sim-client';
import type { WorldParts } from './world-parts';

/** What a world is made of, besides what its parts share. @internal */
export interface WorldContents {
  readonly seed: number;
  readonly parts: WorldParts;
  readonly ledger: readonly LedgerLine[];
  readonly underWay: ReadonlySet<LedgerLine>;
  /** The store as a bystander sees it: without faults, without latency. */
  readonly store: Storage;
  /** The same with what truncations took from its journals. */
  readonly wholeStore: Storage;
  readonly warnings: readonly string[];
  /** Takes away an actor's entries up to `throughSeq`, for good. */
  truncate(actor: string, throughSeq: number): Promise<void>;
}

/**
 * The world of one simulated run, as a scenario and an invariant see it: clients, time, randomness, and afterwards
 * everything there is to judge it by.
 * @publicApi
 */
export class SimWorld {
  private readonly clients = new Map<string, SimClient>();

  /** @internal */
  constructor(private readonly contents: WorldContents) {}

  get seed(): number {
    return this.contents.seed;
  }

  /** Randomness for the scenario: part of the seed, and shrunk with it. */
  get random(): Choices {
    return this.contents.parts.choices;
  }

  /** Virtual milliseconds since the run began. */
  get now(): number {
    return this.contents.parts.clock.time;
  }

  /** What clients did, attempt by attempt, in the order they began. */
  get log(): readonly OperationRecord[] {
    return this.contents.parts.log.records;
  }

  /** Calls of side effects that arrived outside, in order. */
  get ledger(): readonly LedgerLine[] {
    return this.contents.ledger;
  }

  /** Calls of side effects that have left and will arrive, even if their process dies meanwhile. */
  get callsUnderWay(): readonly LedgerLine[] {
    return [...this.contents.underWay];
  }

  /** Warnings and errors that the application logged. */
  get warnings(): readonly string[] {
    return this.contents.warnings;
  }

  /** How many lives the application has had. */
  get lives(): number {
    return this.contents.parts.node.lives;
  }

  /** The store without its faults. For invariants: looking at it changes nothing. */
  get store(): Storage {
    return this.contents.store;
  }

  /** {@link store} with whole journals: what `retention` has cut away is there as well, to judge by. */
  get wholeStore(): Storage {
    return this.contents.wholeStore;
  }

  /** `hear` is told whenever a life has ended and no other is running: what is in the store then is what the next one finds. */
  onDeath(hear: () => void): void {
    const { node } = this.contents.parts;
    const before = node.onDeath;
    node.onDeath = () => {
      before();
      if (node.all.length === 0) hear();
    };
  }

  /** A caller outside the application, by name. */
  client(name: string): SimClient {
    let client = this.clients.get(name);
    if (client === undefined) this.clients.set(name, (client = new SimClient(this.contents.parts, name)));
    return client;
  }

  /** Lets virtual time go on. */
  sleep(ms: number): Promise<void> {
    return this.contents.parts.sleep(ms);
  }

  /** The application as it runs now, for calls without a client: `await (await world.ref(Account, 'a')).ask.balance()`. Waits until it is up. */
  async ref<T extends object>(cls: Type<T>, key: string): Promise<ActorRef<T>> {
    const node = await this.contents.parts.node.whenOwner();
    return node.get<ActorClient<T>>(getActorToken(cls)).ref(key);
  }

  /** Encoded ids of the durable actors there are. */
  async actors(): Promise<readonly string[]> {
    return this.contents.store.journal.actors('', '', 100_000);
  }

  /** All entries of an actor's journal. @param actor a ref, or an encoded id */
  journalOf(actor: Pick<ActorRef<object>, 'actorId'> | string): Promise<JournalEntry[]> {
    const id = typeof actor === 'string' ? actor : actor.actorId;
    return new Journal(this.contents.store, this.contents.parts.clock.world).replayFrom(id, 1).toArray();
  }

  /**
   * Cuts an actor's journal back to its oldest checkpoint, as an operator does while the application runs, unless that
   * is damaged. @param actor a ref, or an encoded id
   */
  async trim(actor: Pick<ActorRef<object>, 'actorId'> | string): Promise<void> {
    const id = typeof actor === 'string' ? actor : actor.actorId;
    const { checkpoints } = this.contents.store;
    const oldest = (await checkpoints.list(id)).at(-1);
    const record = oldest === undefined ? null : await checkpoints.latest(id, oldest);
    if (record === null) return;
    const isSound = await decodeCheckpoint(record).then(
      () => true,
      () => false,
    );
    if (isSound) await this.contents.truncate(id, record.seq);
  }

  /** Messages of an actor that were given up. */
  parkedOf(actor: Pick<ActorRef<object>, 'actorId'> | string): Promise<readonly InboxRow[]> {
    return this.contents.store.inbox.parked(typeof actor === 'string' ? actor : actor.actorId);
  }
}
