import { Inject, type Type } from '@nestjs/common';
import { InvalidActorClassError } from '../errors';
import { actorOptionsOf } from './actor.decorator';

/** DI token of the `ActorClient` for a class. @throws InvalidActorClassError without `@Actor()` @publicApi */
export function getActorToken(cls: Type<object>): string {
  // A circular import hands undefined to a decorator, whatever the type says.
  const options = typeof cls === 'function' ? actorOptionsOf(cls) : undefined;
  if (options === undefined) {
    throw new InvalidActorClassError(
      typeof cls === 'function' ? cls.name : String(cls),
      'it has no @Actor({ type })',
      'Decorate it; if it is, two files import each other: move one of them.',
    );
  }
  return `plexspaces:actor:${options.type}`;
}

/** Injects the `ActorClient` of a class that `PlexSpacesModule.forFeature` or `provideActors` made available. @publicApi */
export function InjectActor(cls: Type<object>): ParameterDecorator & PropertyDecorator {
  return Inject(getActorToken(cls));
}
