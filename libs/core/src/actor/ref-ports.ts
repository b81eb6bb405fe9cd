import { UnknownMethodError } from '../errors';
import type { ActorClass } from '../runtime/actor-class';
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
    const send = function (this: RefPort, ...args: unknown[]): Promise<unknown> {
      return this.$ref.system.sender[kind](this.$ref, handler, args);
    };
    prototype[handler.name] = send;
    prototype[handler.property] ??= send;
  }
  Object.setPrototypeOf(prototype, refuseUnknown(cls));
  return RefPort;
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
