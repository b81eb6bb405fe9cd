import { Injectable, type Type } from '@nestjs/common';
import { UnknownActorTypeError } from '../errors';
import type { ActorDefinition } from './actor-definition';
import { actorOptionsOf } from './actor.decorator';

/** Every actor class of this application. Filled once, when the application starts. @publicApi */
@Injectable()
export class ActorRegistry {
  private readonly byType = new Map<string, ActorDefinition>();
  private readonly classes = new Map<Type<object>, ActorDefinition>();

  /** @internal */
  fill(definitions: readonly ActorDefinition[]): void {
    for (const definition of definitions) {
      this.byType.set(definition.type, definition);
      this.classes.set(definition.cls, definition);
    }
  }

  /** @throws UnknownActorTypeError */
  get(type: string): ActorDefinition {
    const definition = this.byType.get(type);
    if (definition === undefined) throw new UnknownActorTypeError(type, [...this.byType.keys()]);
    return definition;
  }

  /** By class, or by its type where another class stands in for it, as in a test. @throws UnknownActorTypeError */
  byClass(cls: Type<object>): ActorDefinition {
    return this.classes.get(cls) ?? this.get(actorOptionsOf(cls)?.type ?? cls.name);
  }

  /** Sorted by type. */
  all(): readonly ActorDefinition[] {
    return [...this.byType.values()];
  }
}
