import type { HandlerDefinition } from '../actor/actor-definition';

/** Messages of the runtime itself. Users cannot send them: handler names may not begin with '$'. */
export type SystemMethod = '$create' | '$stop' | '$attach' | '$detach' | '$advance';

function systemHandler(name: SystemMethod): HandlerDefinition {
  return { name, property: name, readOnly: false, retry: null, schema: null, contextAt: [], admission: null };
}

export const CREATE = systemHandler('$create');
export const STOP = systemHandler('$stop');
export const ATTACH = systemHandler('$attach');
export const DETACH = systemHandler('$detach');
/** A run of a plan was given up: the plan goes on. */
export const ADVANCE = systemHandler('$advance');

const SYSTEM_HANDLERS: ReadonlyMap<string, HandlerDefinition> = new Map(
  [CREATE, STOP, ATTACH, DETACH, ADVANCE].map((handler) => [handler.name, handler]),
);

/** Stands for a handler the class no longer has: the message is answered with UnknownMethodError, so that it ends. */
export function goneHandler(name: string): HandlerDefinition {
  return {
    name,
    property: '$gone',
    readOnly: false,
    retry: null,
    schema: null,
    contextAt: [],
    admission: null,
  };
}

export function systemHandlerOf(name: string): HandlerDefinition | undefined {
  return SYSTEM_HANDLERS.get(name);
}

export function isSystemMessage(handler: HandlerDefinition): boolean {
  return handler.name.startsWith('$');
}
