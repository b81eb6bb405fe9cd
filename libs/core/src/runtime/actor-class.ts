import type { ActorContext } from '../actor/actor-context';
import type { ActorDefinition, HandlerDefinition } from '../actor/actor-definition';
import { UnknownMethodError } from '../errors';
import { composeFacets } from '../facet/compose-facets';
import type { FacetChain, ResolvedFacet } from '../facet/facet-chain';
import type { FacetRegistry } from '../facet/facet.registry';
import type { DeadlineQueue } from './deadline-queue';
import type { Deadlines } from './deadlines';
import type { IdleQueue } from './idle-actors';

type Method = (...args: readonly unknown[]) => unknown;

/** What the runtime works out once per actor class, so that nothing is looked up, sorted or reflected per message. */
export class ActorClass {
  readonly facets: readonly ResolvedFacet[];
  /** The declared facets, composed. An actor with facets attached at run time has a chain of its own. */
  readonly chain: FacetChain;
  /** Only classes with read-only handlers pay for knowing which sender's messages are still under way. */
  readonly hasReaders: boolean;
  readonly hasReentrant: boolean;
  readonly turnAges: DeadlineQueue;
  readonly idle: IdleQueue | null;

  constructor(
    readonly definition: ActorDefinition,
    registry: FacetRegistry,
    deadlines: Deadlines,
  ) {
    this.facets = definition.facets.map((spec) => registry.resolve(spec));
    this.chain = composeFacets(this.facets);
    this.hasReaders = [...definition.handlers.values()].some((handler) => handler.readOnly);
    this.hasReentrant = [...definition.handlers.values()].some((handler) => handler.reentrant);
    this.turnAges = deadlines.of(definition.maxTurnAgeMs);
    this.idle = definition.virtual === null ? null : deadlines.idle.queueOf(definition.virtual);
  }

  /** @throws UnknownMethodError */
  handler(name: string): HandlerDefinition {
    const handler = this.definition.handlers.get(name);
    if (handler === undefined)
      throw new UnknownMethodError(this.definition.type, name, [...this.definition.handlers.keys()]);
    return handler;
  }
}

/** Calls the handler's method with the message's arguments, `@Ctx()` parameters filled in. */
export function callHandler(
  instance: object,
  handler: HandlerDefinition,
  args: readonly unknown[],
  turn: { readonly context: ActorContext; readonly definition: ActorDefinition },
): unknown {
  const method = (instance as Record<string, Method | undefined>)[handler.property];
  if (method === undefined)
    throw new UnknownMethodError(turn.definition.type, handler.name, [...turn.definition.handlers.keys()]);
  if (handler.contextAt.length > 0) return method.apply(instance, withContext(args, handler.contextAt, turn));
  return args.length === 1 ? method.call(instance, args[0]) : method.apply(instance, args as unknown[]);
}

/** The arguments with the context put in where `@Ctx()` parameters stand. */
export function withContext(
  args: readonly unknown[],
  positions: readonly number[],
  turn: { readonly context: ActorContext },
): unknown[] {
  const all = [...args];
  for (const position of positions) {
    while (all.length < position) all.push(undefined);
    all.splice(position, 0, turn.context);
  }
  return all;
}
