import { type StateChanges, type StateImage, type StoredValue, loadValue } from '#journal';
import type { Activation } from './activation';
import { openInstance } from './instance-factory';
import { FACET_SLOT, type LiveState } from './live-state';
import type { Message } from './message';
import { Readers } from './readers';

/**
 * The objects a durable actor runs on: the instance of its turns, and the one its read-only handlers share. It knows
 * what of their state is stored; when to make a new one is the activation's decision.
 */
export class DurableInstance {
  private live!: LiveState;
  private readers: Readers | null = null;
  /** Content of undeclared fields, watched in development. */
  private watched: Map<string, unknown> | null = null;
  /** Rises with each durable turn: readers of an older one get a new instance. */
  private version = 0;
  /** First states of facets, until a turn has stored them: a turn that fails before that does not take them with it. */
  private firstStates = new Map<string, StoredValue>();

  constructor(private readonly owner: Activation) {}

  get object(): object {
    return this.live.instance;
  }

  get isRead(): boolean {
    return this.readers !== null && !this.readers.isIdle;
  }

  private opening = 0;
  async open(image: StateImage, purpose: 'write' | 'adopt'): Promise<boolean> {
    const { cls, address, system } = this.owner;
    const mine = ++this.opening;
    const live = await openInstance(cls, address.id, image, purpose);
    if (mine !== this.opening) return false;
    this.live = live;
    for (const [name, first] of this.firstStates) {
      if (this.facetState(name) === undefined) this.setFacetState(name, loadValue(first));
    }
    if (system.watches !== null) this.watched = system.watches.of(cls).baseline(this.object);
    return true;
  }

  facetsOpened(): void {
    this.firstStates = this.live.unstoredFacets();
  }

  facetState(name: string): unknown {
    return this.live.facetState(name);
  }

  setFacetState(name: string, value: unknown): void {
    this.live.setFacetState(name, value);
  }

  removeFacetState(name: string): void {
    this.firstStates.delete(name);
    this.live.removeFacetState(name);
  }

  /** What the turn changed. @throws InvalidPayloadError, PayloadTooLargeError */
  takeChanges(): StateChanges | null {
    return this.live.takeChanges();
  }

  /** Development: has the turn changed a field that nobody stores? */
  watch(): void {
    const { cls, system } = this.owner;
    if (system.watches !== null)
      this.watched = system.watches.of(cls).check(this.object, this.watched ?? new Map<string, unknown>());
  }

  turnIsDurable(): void {
    this.version++;
  }

  read(message: Message, image: () => StateImage): Promise<void> {
    return (this.readers ??= new Readers(this.owner)).read(message, this.version, () => this.withFirstStates(image()));
  }

  private withFirstStates(image: StateImage): StateImage {
    for (const [name, first] of this.firstStates) {
      const slot = FACET_SLOT + name;
      if (!image.has(slot)) image.apply({ values: { [slot]: first }, deltas: {}, removed: [] });
    }
    return image;
  }
}
