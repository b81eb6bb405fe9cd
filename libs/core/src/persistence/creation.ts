import type { StateImage } from '#journal';
import type { PersistentStorage } from '#spi';
import type { CreateArgs } from '../actor/actor-ref.types';

/** What the `$create` message says besides its arguments. */
export interface Creation {
  /** An actor that exists is an answer, not an error. */
  readonly ifAbsent: boolean;
  /** What the snapshot storage keeps of it. Only for actors without a journal: it stays in this process. */
  readonly image?: StateImage;
  /** Arguments of `onActivate` that are kept in memory and nowhere else. */
  readonly runtimeArgs?: readonly unknown[];
  /** Brings back one that was stopped for good. */
  readonly revives?: boolean;
}

/** What a snapshot of `T` is: what `toSnapshot()` gives, else an object of `@State()` fields, private ones included. @publicApi */
export type SnapshotState<T> = T extends { toSnapshot(): infer S }
  ? S
  : PublicFields<T> & Readonly<Record<string, unknown>>;

type PublicFields<T> = {
  readonly [K in keyof T as T[K] extends (...args: never[]) => unknown ? never : K]?: T[K];
};

/** What `onActivate` takes after the id. @publicApi */
export type RuntimeArgs<T> = T extends { onActivate(self: never, ...args: infer Args): unknown } ? Args : [];

/** @publicApi */
export interface RespawnOptions<T> {
  /** Where its snapshot lies. Default: the storage of the class, or of `PlexSpacesModule.forRoot({ snapshots })`. */
  readonly storage?: PersistentStorage;
  /**
   * What the actor needs and its snapshot lacks: a connection, a secret, a setting. Called when the actor is brought into
   * memory, and given to `onActivate(self, ...args)` of each of its instances. Never stored.
   */
  readonly args?: () => RuntimeArgs<T> | Promise<RuntimeArgs<T>>;
}

/** @publicApi */
export interface RespawnOrOptions<T> extends RespawnOptions<T> {
  /**
   * Called when there is no snapshot, and only then: one that cannot be read is an error. Gives what a new actor begins
   * with: the arguments of `onCreate` as an array, or a snapshot.
   */
  readonly fallback: () => Beginning<T> | Promise<Beginning<T>>;
}

type Beginning<T> = CreateArgs<T> | SnapshotState<T>;
