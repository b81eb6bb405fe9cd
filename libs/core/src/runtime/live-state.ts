import {
  InvalidPayloadError,
  StateCollection,
  StateImage,
  isPrimitive,
  sameStored,
  storeValue,
  type Delta,
  type PayloadLimits,
  type StateChanges,
  type StoredValue,
} from '#journal';
import type { StateLayout } from '../actor/actor-definition';

/** Stands for "nothing stored yet": whatever lies there counts as changed. */
const UNSET: unique symbol = Symbol('unset');
/** What is stored in a slot. For a collection the object itself: it notes its own changes, another one in its place is all new. */
type Last = StoredValue | typeof UNSET | StateCollection;

export const SNAPSHOT_SLOT = '$snapshot';
export const FACET_SLOT = 'facet:';

/** State has no payload limit of its own; this one keeps a runaway field from taking the store with it. */
const MAX_STATE: PayloadLimits = { maxBytes: 64 * 1024 * 1024 };

interface Snapshotting {
  toSnapshot(): unknown;
  fromSnapshot(snapshot: unknown): void;
}

/**
 * The state of one instance and of the facets on it, and what of that is stored already. It knows nothing of
 * turns or journals; whoever calls `takeChanges` stores what it returns, or drops the whole object.
 */
export class LiveState {
  private readonly last: Last[];
  private facets: Map<string, { value: unknown; last: Last }> | null = null;
  private removed: string[] = [];

  private constructor(
    private readonly layout: StateLayout,
    readonly instance: object,
  ) {
    this.last = new Array<Last>(layout.custom ? 1 : layout.fields.length).fill(UNSET);
  }

  /** For an actor that is to be stored: what `image` lacks counts as changed and goes into the next commit. */
  static writing(layout: StateLayout, instance: object, image: StateImage | null): LiveState {
    const state = new LiveState(layout, instance);
    if (image !== null) state.load(image);
    return state;
  }

  /** For an actor that gets its first journal: everything it holds is still to be stored. */
  static adopting(layout: StateLayout, instance: object, image: StateImage): LiveState {
    const state = LiveState.writing(layout, instance, image);
    state.last.fill(UNSET);
    for (const slot of state.facets?.values() ?? []) slot.last = UNSET;
    return state;
  }

  /** For readers: changed is only what changes from now on. */
  static reading(layout: StateLayout, instance: object, image: StateImage): LiveState {
    const state = LiveState.writing(layout, instance, image);
    state.takeChanges();
    return state;
  }

  /** Changes since the last call as the journal keeps them; `null` for none. @throws InvalidPayloadError, PayloadTooLargeError */
  takeChanges(limits = MAX_STATE): StateChanges | null {
    return this.collect(new ChangeList(), limits);
  }

  private collect(changes: ChangeList, limits = MAX_STATE): StateChanges | null {
    if (this.layout.custom) {
      this.last[0] = changes.note(SNAPSHOT_SLOT, (this.instance as Snapshotting).toSnapshot(), this.last[0], limits);
    } else {
      const fields = this.instance as Record<string, unknown>;
      for (let i = 0; i < this.layout.fields.length; i++) {
        const name = this.layout.fields[i] as string;
        this.last[i] = changes.note(name, fields[name], this.last[i], limits);
      }
    }
    if (this.facets !== null) {
      for (const [name, slot] of this.facets)
        slot.last = changes.note(FACET_SLOT + name, slot.value, slot.last, limits);
    }
    const { removed } = this;
    this.removed = [];
    return changes.result(removed);
  }

  /** All it holds, in stored form. */
  wholeState(): StateChanges | null {
    return LiveState.writing(this.layout, this.instance, null).collect(new ChangeList(false));
  }

  /**
   * The same for actors without a journal, whose rollback point lies here: primitives are simply kept, the rest goes
   * into `image`, made when first needed.
   */
  keep(image: StateImage | null, limits = MAX_STATE): StateImage | null {
    const before = this.last.slice();
    try {
      return this.keepOrThrow(image, limits);
    } catch (error) {
      before.forEach((last, i) => (this.last[i] = last)); // the rollback point is still the one before this turn
      throw error;
    }
  }

  private keepOrThrow(image: StateImage | null, limits: PayloadLimits): StateImage | null {
    if (this.layout.custom || this.facets !== null) return this.keepAll(image, limits);
    const fields = this.instance as Record<string, unknown>;
    for (let i = 0; i < this.layout.fields.length; i++) {
      const value = fields[this.layout.fields[i] as string];
      if (!isPrimitive(value)) return this.keepAll(image, limits);
      this.last[i] = value;
    }
    return image;
  }

  /** What `keep` last kept, as an image a new instance can be made from. */
  rollbackImage(image: StateImage | null): StateImage {
    const whole = image?.clone() ?? new StateImage();
    if (this.layout.custom) return whole;
    const values: Record<string, StoredValue> = {};
    this.layout.fields.forEach((name, i) => {
      const last = this.last[i];
      if (last === null || (typeof last !== 'object' && typeof last !== 'symbol')) values[name] = last;
    });
    whole.apply({ values, deltas: {}, removed: [] });
    return whole;
  }

  facetState(name: string): unknown {
    return this.facets?.get(name)?.value;
  }

  setFacetState(name: string, value: unknown): void {
    const slot = this.facets?.get(name);
    if (slot !== undefined) slot.value = value;
    else (this.facets ??= new Map()).set(name, { value, last: UNSET });
  }

  /** Facet states that no commit holds yet, in stored form. */
  unstoredFacets(): Map<string, StoredValue> {
    const unstored = new Map<string, StoredValue>();
    for (const [name, { value, last }] of this.facets ?? []) {
      if (last === UNSET) unstored.set(name, storeValue(value, MAX_STATE, FACET_SLOT + name));
    }
    return unstored;
  }

  removeFacetState(name: string): void {
    if (this.facets?.delete(name) === true) this.removed.push(FACET_SLOT + name);
  }

  private keepAll(image: StateImage | null, limits: PayloadLimits): StateImage | null {
    const changes = this.takeChanges(limits);
    if (changes === null) return image;
    const next = image ?? new StateImage();
    next.apply(changes);
    return next;
  }

  private load(image: StateImage): void {
    if (this.layout.custom) {
      if (image.has(SNAPSHOT_SLOT)) {
        const snapshot = image.materialise(SNAPSHOT_SLOT);
        (this.instance as Snapshotting).fromSnapshot(snapshot);
        this.last[0] = lastOf(image, SNAPSHOT_SLOT, snapshot);
      }
    } else {
      const fields = this.instance as Record<string, unknown>;
      this.layout.fields.forEach((name, i) => {
        if (!image.has(name)) return;
        fields[name] = image.materialise(name);
        this.last[i] = lastOf(image, name, fields[name]);
      });
    }
    for (const slot of image.names()) {
      if (!slot.startsWith(FACET_SLOT)) continue;
      const value = image.materialise(slot);
      const last = lastOf(image, slot, value);
      (this.facets ??= new Map()).set(slot.slice(FACET_SLOT.length), { value, last });
    }
  }
}

function lastOf(image: StateImage, slot: string, value: unknown): Last {
  return value instanceof StateCollection ? value : image.slot(slot);
}

/** Collects what differs from what is stored. */
class ChangeList {
  /** @param consumes `false`: only looks; the collections keep their notes. */
  constructor(private readonly consumes = true) {}

  private readonly values: Record<string, StoredValue> = {};
  private readonly deltas: Record<string, Delta> = {};
  private any = false;
  private collections: Map<StateCollection, string> | null = null;

  /** @returns what is stored in `slot` once the changes are. */
  note(slot: string, value: unknown, last: Last, limits: PayloadLimits): Last {
    if (value instanceof StateCollection) {
      this.assertAlone(slot, value);
      const whole = last === value ? null : value.wholeDelta();
      const delta = whole !== null && !this.consumes ? null : value.takeDelta();
      if (whole !== null || delta !== null) {
        this.deltas[slot] = (whole ?? delta) as Delta;
        this.any = true;
      }
      return value;
    }
    const stored = storeValue(value, limits, slot);
    if (typeof last === 'symbol' || last instanceof StateCollection || !sameStored(stored, last)) {
      this.values[slot] = stored;
      this.any = true;
    }
    return stored;
  }

  /**
   * A collection notes its changes once, so only one of two slots would get them; and after a restart there would be two.
   * @throws InvalidPayloadError
   */
  private assertAlone(slot: string, value: StateCollection): void {
    const other = (this.collections ??= new Map<StateCollection, string>()).get(value);
    this.collections.set(value, slot);
    if (other !== undefined)
      throw new InvalidPayloadError(
        slot,
        slot,
        `holds the same collection as ${other}; give each field one of its own`,
      );
  }

  result(removed: readonly string[]): StateChanges | null {
    return this.any || removed.length > 0 ? { values: this.values, deltas: this.deltas, removed } : null;
  }
}
