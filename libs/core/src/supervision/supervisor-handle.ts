import type { Type } from '@nestjs/common';
import { type ActorId, encodeActorId, isPlexSpacesError } from '#spi';
import {
  ChildRunningError,
  ChildStartError,
  DuplicateChildError,
  InvalidSupervisorError,
  UnknownChildError,
} from '../errors';
import type { ActorSystem } from '../runtime/actor-system';
import type { ActorChildOptions, ChildSpec } from './child-spec';
import { readActorChild } from './read-child';
import type { Supervised } from './supervised';
import type { SupervisorNode } from './supervisor-node';
import { supervisorNameOf } from './supervisor.decorator';
import type { SupervisorStats } from './supervision-events';
import { statsOf } from './supervisor-stats';
import type { ActorChildDefinition } from './supervisor-definition';

/**
 * A supervisor as the application sees it: `@InjectSupervisor(Orders) orders: SupervisorHandle`. Calls are taken one after
 * another, also with what the supervisor does by itself. They are no part of a turn they are made in; a handler must not
 * await one that stops its own actor. All throw `SupervisorError`s. @publicApi
 */
export class SupervisorHandle {
  /** @internal Made by `forFeature`. */
  constructor(
    private readonly system: ActorSystem,
    private readonly cls: Type<object>,
  ) {}

  /**
   * Starts an actor and looks after it until it is removed, or the supervisor is started anew: by its parent, or in the
   * next process. With simpleOneForOne a key, and arguments where they differ from the mould's.
   * @throws DuplicateChildError, ChildStartError, InvalidSupervisorError, SupervisorNotRunningError
   */
  addChild(spec: ChildSpec): Promise<ActorId>;
  addChild(key: string, options?: Pick<ActorChildOptions, 'args'>): Promise<ActorId>;
  addChild(given: ChildSpec | string, options: Pick<ActorChildOptions, 'args'> = {}): Promise<ActorId> {
    return this.change(async (node) => {
      const spec = typeof given === 'string' ? this.fromMould(node, given, options) : this.fromSpec(node, given);
      const known = node.children.find((each) => each.isCalled(spec.id));
      if (known !== undefined) throw new DuplicateChildError(node.name, spec.id);
      const { address } = this.system.refOf(spec.definition, spec.key, this.system.options.scope);
      const holder = this.system.supervision.holderOf(address.encoded);
      if (holder !== null) throw new DuplicateChildError(node.name, address.encoded, holder);
      await node.addDynamic(spec);
      return address.id;
    });
  }

  /**
   * Stops a child and forgets it: an actor without `virtualActor()` is stopped for good. What waits for the next start of a
   * virtual one goes on, as nobody's child. @throws UnknownChildError
   */
  removeChild(child: string | ActorId): Promise<void> {
    return this.change(async (node) => {
      const found = find(node, child);
      node.drop(found);
      await found.remove();
      node.tell('stopped', found);
    });
  }

  /** Stops a child and starts it again, whether it runs or is down; counts for no window. @throws UnknownChildError, ChildStartError */
  restartChild(child: string | ActorId): Promise<void> {
    return this.change(async (node) => {
      const found = find(node, child);
      await found.halt();
      try {
        await found.start();
      } catch (cause) {
        await found.retire(cause);
        throw new ChildStartError(node.name, found.spec.id, { cause });
      }
      node.tell('restarted', found);
    });
  }

  /** Stops a child and keeps it down, until `restartChild`. Who sends to it gets ChildDownError. @throws UnknownChildError */
  terminateChild(child: string | ActorId): Promise<void> {
    return this.change(async (node) => {
      const found = find(node, child);
      await found.retire(undefined);
      node.tell('stopped', found);
    });
  }

  /** Forgets a child that is down. @throws UnknownChildError, ChildRunningError */
  deleteChild(child: string | ActorId): Promise<void> {
    return this.change(async (node) => {
      const found = find(node, child);
      if (found.status !== 'down') throw new ChildRunningError(node.name, found.spec.id);
      node.drop(found);
      await found.remove();
    });
  }

  /** How it is, and how its children are. */
  getStats(): Promise<SupervisorStats> {
    return Promise.resolve().then(() => statsOf(this.node));
  }

  private get node(): SupervisorNode {
    return this.system.supervision.nodeOf(this.cls, supervisorNameOf(this.cls));
  }

  private async change<T>(work: (node: SupervisorNode) => Promise<T>): Promise<T> {
    const { node } = this;
    return node.change(() => work(node));
  }

  private fromMould(
    { definition: { mould, name } }: SupervisorNode,
    key: string,
    { args }: Pick<ActorChildOptions, 'args'>,
  ): ActorChildDefinition {
    if (mould !== null) return { ...mould, id: `${mould.definition.type}/${key}`, key, args: args ?? mould.args };
    throw new InvalidSupervisorError(
      name,
      'a key alone is no child of it',
      'Give child(Class, key); keys are for simpleOneForOne.',
    );
  }

  private fromSpec({ definition, name }: SupervisorNode, spec: ChildSpec): ActorChildDefinition {
    if (definition.mould !== null)
      throw new InvalidSupervisorError(name, 'with simpleOneForOne a child is a key', 'Call addChild(key, { args }).');
    try {
      return readActorChild(name, spec, this.system.definitionOf(spec.cls));
    } catch (error) {
      if (!isPlexSpacesError(error, 'PS_UNKNOWN_ACTOR_TYPE')) throw error;
      throw new InvalidSupervisorError(
        name,
        `${spec.cls.name} is no actor of this application`,
        'Supervisors are declared, actors are listed in forFeature.',
      );
    }
  }
}

function find(node: SupervisorNode, child: string | ActorId): Supervised {
  const name = typeof child === 'string' ? child : encodeActorId(child);
  const found = node.children.find((each) => each.isCalled(name));
  if (found !== undefined) return found;
  throw new UnknownChildError(
    node.name,
    name,
    node.children.map(({ spec }) => spec.id),
  );
}
