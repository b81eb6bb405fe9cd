import type { HandlerDefinition } from '../actor/actor-definition';

/** Messages of the runtime itself. Users cannot send them: handler names may not begin with '$'. */
export type SystemMethod =
  '$create' | '$stop' | '$attach' | '$detach' | '$advance' | '$revive' | '$discard' | '$parked';

function systemHandler(name: SystemMethod): HandlerDefinition {
  return plainHandler(name, name);
}

export const CREATE = systemHandler('$create');
export const STOP = systemHandler('$stop');
export const ATTACH = systemHandler('$attach');
export const DETACH = systemHandler('$detach');
/** A run of a plan was given up: the plan goes on. */
export const ADVANCE = systemHandler('$advance');
/** An operator takes a parked message up again, or gives it up for good. */
export const REVIVE = systemHandler('$revive');
export const DISCARD = systemHandler('$discard');
/** Tells an actor that one of its messages was parked. */
export const PARKED = systemHandler('$parked');

const SYSTEM_HANDLERS: ReadonlyMap<string, HandlerDefinition> = new Map(
  [CREATE, STOP, ATTACH, DETACH, ADVANCE, REVIVE, DISCARD, PARKED].map((handler) => [handler.name, handler]),
);

/** Stands for a handler the class no longer has: the message is answered with UnknownMethodError, so that it ends. */
export function goneHandler(name: string): HandlerDefinition {
  return plainHandler(name, '$gone');
}

function plainHandler(name: string, property: string): HandlerDefinition {
  return {
    name,
    property,
    readOnly: false,
    reentrant: false,
    retry: null,
    schema: null,
    contextAt: [],
    admission: null,
  };
}

export function systemHandlerOf(name: string): HandlerDefinition | undefined {
  return SYSTEM_HANDLERS.get(name);
}

/** It ends what closes the line, so it may not wait in it. */
export function isUnparking(handler: HandlerDefinition): boolean {
  return handler === REVIVE || handler === DISCARD;
}

export function isSystemMessage(handler: HandlerDefinition): boolean {
  return handler.name.startsWith('$');
}
