import type { ChildStatus, Supervised } from './supervised';

/** A restart that has been decided on, and waits for its backoff. */
export interface RestartWait {
  /** Whose end it is for; neighbours may be started with it. */
  readonly child: Supervised;
  readonly error: unknown;
  /** Wall clock. */
  readonly until: number;
  /** The how-manieth within the window it is. */
  readonly nth: number;
}

interface Place {
  readonly wait: RestartWait;
  readonly starts: number;
  readonly status: ChildStatus;
}

/**
 * Which children of one supervisor wait for a restart. A child waits for the last one decided on, and for none as soon as
 * somebody has started or stopped it by hand.
 */
export class RestartWaits {
  private readonly places = new Map<Supervised, Place>();

  /** From now on the group waits for this one, whatever it waited for before. */
  begin(group: readonly Supervised[], wait: RestartWait): void {
    for (const each of group) this.places.set(each, { wait, starts: each.starts, status: each.status });
  }

  of(child: Supervised): RestartWait | null {
    const place = this.places.get(child);
    return place?.starts === child.starts && place.status === child.status ? place.wait : null;
  }

  /** Who waits for it still, in their order; they wait no longer. */
  end(group: readonly Supervised[], wait: RestartWait): readonly Supervised[] {
    const waiting = group.filter((each) => this.of(each) === wait);
    for (const each of group) if (this.places.get(each)?.wait === wait) this.places.delete(each);
    return waiting;
  }

  /** They wait for nothing. */
  forget(group: readonly Supervised[]): void {
    for (const each of group) this.places.delete(each);
  }
}
