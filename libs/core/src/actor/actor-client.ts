import type { Type } from '@nestjs/common';
import type { RespawnOptions, RespawnOrOptions, SnapshotState } from '../persistence/creation';
import { SnapshotArgument } from '../persistence/snapshot-argument';
import type { ActorSystem } from '../runtime/actor-system';
import type { ActorRef } from './actor-ref';
import type { CreateArgs, RefOptions } from './actor-ref.types';
import type { ActorRegistry } from './actor.registry';

/**
 * The actors of one class, as the application sees them: `@InjectActor(Counter) counters: ActorClient<Counter>`.
 * @publicApi
 */
export class ActorClient<T extends object> {
  /** @internal Made by `forFeature` and `provideActors`. */
  constructor(
    private readonly system: ActorSystem,
    private readonly registry: ActorRegistry,
    private readonly cls: Type<T>,
    private readonly scope: RefOptions = {},
  ) {}

  /** The same class in another tenant or namespace. */
  within(scope: RefOptions): ActorClient<T> {
    return new ActorClient(this.system, this.registry, this.cls, { ...this.scope, ...scope });
  }

  /** A handle to the actor of this key. Touches nothing. @throws InvalidActorIdError */
  ref(key: string, options?: RefOptions): ActorRef<T> {
    const definition = this.registry.byClass(this.cls);
    return this.system.refOf<T>(definition, key, options === undefined ? this.scope : { ...this.scope, ...options });
  }

  /** Creates the actor with `onCreate(...args)`. @throws ActorExistsError when there is one; `ref(key).orCreate()` does not mind */
  async spawn(key: string, ...args: CreateArgs<T>): Promise<ActorRef<T>> {
    return this.system.spawn<T>(this.registry.byClass(this.cls), key, args, this.scope);
  }

  /**
   * Creates the actor in the state of a snapshot, in place of `onCreate`: what `toSnapshot()` gives, or an object of
   * `@State()` fields. @throws InvalidSnapshotError, ActorExistsError
   */
  async spawnFrom(key: string, snapshot: SnapshotState<T>): Promise<ActorRef<T>> {
    const definition = this.registry.byClass(this.cls);
    const ref = this.ref(key);
    const argument = SnapshotArgument.of(definition, ref.actorId, snapshot);
    return this.system.spawn<T>(definition, key, [argument], this.scope);
  }

  /** See {@link ActorSystem.respawn}. */
  respawn(key: string, options: RespawnOptions<T> = {}): Promise<ActorRef<T>> {
    return this.system.respawn(this.cls, key, { ...this.scope, ...options });
  }

  /** See {@link ActorSystem.respawnOr}. */
  respawnOr(key: string, options: RespawnOrOptions<T>): Promise<ActorRef<T>> {
    return this.system.respawnOr(this.cls, key, { ...this.scope, ...options });
  }

  /** See {@link ActorRef.stop}. */
  async stop(key: string, mode?: 'graceful' | 'brutal'): Promise<void> {
    await this.ref(key).stop(mode);
  }
}
