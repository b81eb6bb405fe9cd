import { Actor, Handle, State, UseFacets, durability, virtualActor } from 'plexspaces';

/** Leaves memory as soon as nobody asks, so that its next message has to recover it. */
const shortLived = virtualActor({ idleTimeout: '100ms' });
const NEVER = Number.MAX_SAFE_INTEGER;

/** The same counter twice, so that one history can be recovered in two ways. */
abstract class LongHistory {
  @State() private value = 0;

  @Handle()
  increment(by: number): number {
    this.value += by;
    return this.value;
  }

  @Handle({ readOnly: true })
  current(): number {
    return this.value;
  }
}

@Actor({ type: 'with-checkpoints' })
@UseFacets(durability({ checkpointEvery: 100 }), shortLived)
export class WithCheckpoints extends LongHistory {}

@Actor({ type: 'without-checkpoints' })
@UseFacets(durability({ checkpointEvery: NEVER }), shortLived)
export class WithoutCheckpoints extends LongHistory {}
