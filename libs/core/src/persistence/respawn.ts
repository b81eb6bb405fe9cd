import { isPlexSpacesError } from '#spi';
import type { ActorRef } from '../actor/actor-ref';
import { ActorNotFoundError, InvalidSnapshotError } from '../errors';
import type { SystemPort } from '../runtime/system-port';
import { runningTurn } from '../turn/frame';
import { EFFECT_RETRY } from '../turn/retry-policy';
import type { RespawnOptions } from './creation';
import { KeyedLine } from './keyed-line';
import { loadSnapshot } from './load-snapshot';
import { SnapshotArgument } from './snapshot-argument';

type Ref = ActorRef<object>;
interface Options extends Pick<RespawnOptions<object>, 'storage'> {
  readonly args?: () => unknown;
  readonly fallback?: () => unknown;
}

/**
 * Brings actors back from their snapshots. Of several callers for one actor the first does it, the others find it there.
 *
 *  W1. An actor in memory is left alone: neither the storage nor any of the functions given is asked.
 *  W2. The fallback is called when the storage says that there is no snapshot, and for no other reason.
 *  W3. With `durability()` the journal is the truth: it says whether the actor exists, and the storage is not asked.
 */
export class Respawner {
  private readonly line = new KeyedLine();

  constructor(private readonly system: SystemPort) {}

  /** In a turn it is a recorded act, like any other look outside. */
  async respawn(ref: Ref, options: Options): Promise<void> {
    const turn = ref.turn ?? runningTurn();
    const bringBack = (): Promise<void> => this.line.run(ref.actorId, () => this.bringBack(ref, options));
    if (turn === undefined) return bringBack();
    this.system.sender.assertMayReach(turn, ref);
    if (turn.actorId === ref.actorId) return; // here it is
    const act = { scope: 'handler', name: `respawn:${ref.actorId}`, args: [], retry: EFFECT_RETRY, timeoutMs: 0 };
    await turn.act(act, bringBack);
  }

  private async bringBack(ref: Ref, options: Options): Promise<void> {
    const { system } = this;
    if (system.keepsInbox(ref.address)) return this.wakeDurable(ref, options);
    if (await this.isThere(ref)) return;
    const image = await loadSnapshot(this.storageOf(ref, options), this.system.options.encryption, ref.address);
    const args = image === null ? await this.fallBack(ref, options) : [];
    const runtimeArgs = ((await options.args?.()) ?? []) as readonly unknown[];
    const restored = image === null ? {} : { image };
    await system.sender.create(ref, args, { ifAbsent: true, revives: true, runtimeArgs, ...restored });
  }

  private async wakeDurable(ref: Ref, options: Options): Promise<void> {
    if (options.args !== undefined)
      throw new InvalidSnapshotError(ref.actorId, 'a durable actor resumes by itself, so nobody could give it `args`');
    const { status } = await this.system.storage.journal.head(ref.actorId);
    if (status !== 'absent') return this.system.sender.activate(ref);
    await this.system.sender.create(ref, await this.fallBack(ref, options), { ifAbsent: true });
  }

  /** Asked through its line, so that one which is just being stopped is not taken for present. */
  private async isThere(ref: Ref): Promise<boolean> {
    if (!this.system.isInMemory(ref.address)) return false;
    try {
      await this.system.sender.create(ref, [], { ifAbsent: true });
      return true;
    } catch (error) {
      if (isPlexSpacesError(error, 'PS_ACTOR_TERMINATED')) return false;
      throw error;
    }
  }

  /** Arguments of the first turn: those of `onCreate` as an array, or a snapshot. */
  private async fallBack({ actorId, address }: Ref, { fallback }: Options): Promise<readonly unknown[]> {
    if (fallback === undefined) throw new ActorNotFoundError(actorId);
    const given = await fallback();
    return Array.isArray(given)
      ? (given as readonly unknown[])
      : [SnapshotArgument.of(address.definition, actorId, given)];
  }

  private storageOf({ actorId, address }: Ref, { storage }: Options) {
    const found = storage ?? address.definition.snapshot?.storage ?? this.system.options.snapshots;
    if (found !== null) return found;
    throw new InvalidSnapshotError(
      actorId,
      'neither the call nor the class nor PlexSpacesModule.forRoot({ snapshots }) names a storage',
    );
  }
}
