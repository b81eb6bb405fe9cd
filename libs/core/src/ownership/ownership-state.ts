/**
 * `owner`: this node serves. `standBy`: another one does, or this one has not started yet. `lost`: its right has just ended, and it asks the store
 * who owns it now. @publicApi
 */
export type OwnershipState = 'owner' | 'standBy' | 'lost';

/** A change of it. @publicApi */
export interface OwnershipEvent {
  readonly state: OwnershipState;
  /** Node and incarnation that own the store, where known. */
  readonly owner: string | null;
  /** Why, in words. */
  readonly reason: string;
}
