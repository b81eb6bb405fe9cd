import { type FacetAttached, type FacetDetached, StateImage } from '#journal';
import type { Activation } from './activation';
import { noteFacet } from './change-facets';
import { openInstance } from './instance-factory';
import type { LiveState } from './live-state';
import type { Message } from './message';
import { Readers } from './readers';

/** What a passive virtual actor without a journal leaves in memory. */
export interface PassiveState {
  readonly image: StateImage;
  readonly activationCount: number;
  readonly lastAccessed: number;
  readonly runtimeArgs: readonly unknown[];
}

/**
 * The objects an actor without a journal runs on, and the state that a failed turn goes back to.
 *
 *  N1. `live` and `image` together are the rollback point: the state after the last turn that succeeded.
 */
export class PlainInstance {
  /** Given to `onActivate` of each instance. */
  runtimeArgs: readonly unknown[];
  private live: LiveState | null = null;
  private readers: Readers | null = null;
  /** Content of undeclared fields, watched in development. */
  private watched: Map<string, unknown> | null = null;
  /** Rises with each turn that succeeded: readers of an older one get a new instance. */
  private version = 0;
  private opening = 0;

  private image: StateImage | null;

  constructor(
    private readonly owner: Activation,
    passive: PassiveState | null,
  ) {
    this.image = passive?.image ?? null;
    this.runtimeArgs = passive?.runtimeArgs ?? [];
  }

  get object(): object {
    return (this.live as LiveState).instance;
  }

  get isRead(): boolean {
    return this.readers !== null && !this.readers.isIdle;
  }

  /** The state to go on from elsewhere. */
  get rollbackPoint(): StateImage {
    return this.live?.rollbackImage(this.image) ?? this.image ?? new StateImage();
  }

  /** Makes the first instance, from `image` or from nothing. */
  open(image: StateImage | null): Promise<boolean> {
    this.image = image;
    return this.renew();
  }

  /** A new instance from the rollback point. @returns `false` when another one was asked for meanwhile, which takes its place */
  async renew(): Promise<boolean> {
    const mine = ++this.opening;
    const { cls, address, system } = this.owner;
    const image = this.live === null ? this.image : this.live.rollbackImage(this.image);
    const live = await openInstance(cls, address.id, image, 'write', this.runtimeArgs);
    if (mine !== this.opening) return false;
    this.image = live.keep(image);
    this.live = live;
    if (system.watches !== null) this.watched = system.watches.of(cls).baseline(live.instance);
    return true;
  }

  /** What is there now becomes the rollback point. @throws InvalidPayloadError, PayloadTooLargeError */
  keep(): void {
    this.image = (this.live as LiveState).keep(this.image);
  }

  /** A turn has succeeded, and what it left is kept. */
  turnSucceeded(): void {
    const { cls, system } = this.owner;
    this.version++;
    if (system.watches !== null)
      this.watched = system.watches.of(cls).check(this.object, this.watched ?? new Map<string, unknown>());
  }

  /** Keeps a change of the facets with the state. */
  noteFacet(entry: FacetAttached | FacetDetached): void {
    this.keep();
    noteFacet((this.image ??= new StateImage()), entry);
  }

  /** Beside the turn, on an instance that holds the rollback point. */
  read(message: Message): Promise<void> {
    this.readers ??= new Readers(this.owner, this.runtimeArgs);
    return this.readers.read(message, this.version, () => this.rollbackPoint);
  }

  facetState(name: string): unknown {
    return this.live?.facetState(name);
  }

  setFacetState(name: string, value: unknown): void {
    this.live?.setFacetState(name, value);
  }

  removeFacetState(name: string): void {
    this.live?.removeFacetState(name);
  }
}
