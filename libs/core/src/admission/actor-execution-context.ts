import type { ArgumentsHost, ExecutionContext } from '@nestjs/common';
import type { ActorId } from '#spi';
import { NotAnActorCallError } from '../errors';

/** What `context.getType()` answers for a message to an actor. @publicApi */
export const ACTOR_CONTEXT = 'actor';

/** The message, as guards, pipes, interceptors, filters and parameter decorators see it. @publicApi */
export interface ActorCall {
  readonly actor: ActorId;
  /** `tenant/namespace/type/key`. */
  readonly actorId: string;
  /** Name of the message. */
  readonly method: string;
  /** As the sender gave them; `@Ctx()` parameters are not among them. */
  readonly args: readonly unknown[];
  readonly headers: Readonly<Record<string, string>>;
  readonly principal: string;
  /** Encoded id of the sending actor; '' for a client. */
  readonly sender: string;
}

/** An `ExecutionContext` of type 'actor'. `getClass()` is the actor's class, `getHandler()` has the handler's metadata. @publicApi */
export interface ActorExecutionContext extends ExecutionContext {
  getArgs<T extends unknown[] = [ActorCall]>(): T;
}

/** Is this a message to an actor, and not a request? For enhancers that serve both. @publicApi */
export function isActorContext(host: ArgumentsHost): host is ActorExecutionContext {
  return host.getType<string>() === ACTOR_CONTEXT;
}

/** The message behind an actor's execution context. @throws NotAnActorCallError in any other context @publicApi */
export function getActorCall(host: ArgumentsHost): ActorCall {
  if (!isActorContext(host)) throw new NotAnActorCallError(host.getType<string>());
  return host.getArgByIndex<ActorCall>(0);
}
