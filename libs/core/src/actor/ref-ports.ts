import { MessageKindError, UnknownMethodError } from '../errors';
import type { ActorClass } from '../runtime/actor-class';
import { handledInTurn } from '../turn/handled';
import type { HandlerDefinition } from './actor-definition';
import type { ActorRef } from './actor-ref';

const COERCIONS: ReadonlySet<string> = new Set(['toString', 'valueOf']);

type Port = new (ref: ActorRef<object>) => object;

const ports = new WeakMap<ActorClass, { readonly ask: Port; readonly tell: Port }>();

/** The classes behind `ref.ask` and `ref.tell`: one method per handler, made once per actor class. */
export function portsOf(cls: ActorClass): { readonly ask: Port; readonly tell: Port } {
  let pair = ports.get(cls);
  if (pair === undefined) {
    pair = { ask: makePort(cls, 'ask'), tell: makePort(cls, 'tell') };
    ports.set(cls, pair);
  }
  return pair;
}

function makePort(cls: ActorClass, kind: 'ask' | 'tell'): Port {
  class RefPort {
    constructor(readonly $ref: ActorRef<object>) {}
  }
  const prototype = RefPort.prototype as unknown as Record<string, unknown>;
  Reflect.deleteProperty(prototype, 'constructor'); // a name like any other
  for (const handler of cls.definition.handlers.values()) {
    const isRefused = !mayBeSent(handler, kind);
    const send = function (this: RefPort, ...args: unknown[]): Promise<unknown> {
      if (isRefused) return refuseKind(this.$ref, handler);
      return this.$ref.system.sender[kind](this.$ref, handler, args);
    };
    prototype[handler.name] = send;
    prototype[handler.property] ??= send;
  }
  const catchAll = kind === 'tell' ? catchAllOf(cls) : undefined;
  Object.setPrototypeOf(prototype, catchAll === undefined ? refuseUnknown(cls) : passUnknown(catchAll));
  return RefPort;
}

/** What takes tells of names the class does not handle. */
export function catchAllOf(cls: ActorClass): HandlerDefinition | undefined {
  return [...cls.definition.handlers.values()].find(({ takesUnknown }) => takesUnknown);
}

/** Who tells what is for the actor itself is looked at where the message is made. */
export function mayBeSent({ only }: Pick<HandlerDefinition, 'only'>, kind: 'ask' | 'tell'): boolean {
  return only === undefined || only === kind || (only === 'self' && kind === 'tell');
}

export function refuseKind({ actorId }: ActorRef<object>, { name, only }: HandlerDefinition): Promise<never> {
  return handledInTurn(Promise.reject(new MessageKindError(actorId, name, only ?? 'tell')));
}

/** A call of a name that is no handler is a tell to the one that takes them. */
function passUnknown(catchAll: HandlerDefinition): object {
  return new Proxy(Object.create(null) as object, {
    get: (_, name) =>
      typeof name === 'symbol' || name === 'then' || name === 'toJSON'
        ? undefined
        : function (this: { readonly $ref: ActorRef<object> }, ...args: unknown[]): Promise<void> {
            return this.$ref.system.sender.tell(this.$ref, catchAll, [name, args]);
          },
  });
}

/**
 * Reached only for names that are no handler: a call of one rejects by name. `then` must stay absent, or `await ref.ask`
 * would call it; symbols stay absent so that a port can be printed.
 */
function refuseUnknown(cls: ActorClass): object {
  const refuse = (name: string) => (): Promise<never> => {
    const error = new UnknownMethodError(cls.definition.type, name, [...cls.definition.handlers.keys()]);
    const refused = Promise.reject(error);
    if (COERCIONS.has(name)) refused.catch(() => undefined); // `${ref.ask}` calls these and looks at no promise
    return refused;
  };
  return new Proxy(Object.create(null) as object, {
    get: (_, name) => (typeof name === 'symbol' || name === 'then' || name === 'toJSON' ? undefined : refuse(name)),
  });
}
