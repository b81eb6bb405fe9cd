import { type ErrorRecord, type StateChanges, type StateImage, decodePayload, toErrorRecord } from '#journal';
import { NonDeterminismError, UnknownMethodError } from '../errors';
import { REVIVED } from '../dead-letters/revival';
import { lateEntry } from '../deferred/late-rows';
import type { HandlerDefinition } from '../actor/actor-definition';
import { DURABILITY, type DurabilityConfig } from '../facet/durability.facet';
import type { ResolvedFacet } from '../facet/facet-chain';
import { DefaultAnswer, FacetRejection } from '../facet/outcomes';
import { afterFailure } from '../planning/after-failure';
import { planOn } from '../planning/settle-occurrence';
import type { ActorClass } from '../runtime/actor-class';
import type { Address } from '../runtime/address';
import { facetsOf } from '../runtime/change-facets';
import { openInstance } from '../runtime/instance-factory';
import type { LiveState } from '../runtime/live-state';
import { Message } from '../runtime/message';
import { Source } from '../runtime/source';
import type { SystemPort } from '../runtime/system-port';
import { DurableTurn } from '../turn/durable-turn';
import type { DurableTurnHost } from '../turn/durable-turn-host';
import { runHandler } from '../turn/run-handler';
import type { TurnRecord } from './group-turns';

/** What the code of today makes of a recorded message. */
export interface Rerun {
  readonly result: unknown;
  readonly error: ErrorRecord | null;
  readonly changes: StateChanges | null;
  /** `method to receiver`, in order. */
  readonly sends: readonly string[];
  readonly lost: { readonly expected: string; readonly got: string } | null;
  /** It called an effect of an actor that keeps no records of them: nothing can be said of it. */
  readonly unrecorded: boolean;
}

/** `keeps`: its state and sends are committed too, not the answer alone (P7). */
type Settled = Pick<Rerun, 'result' | 'error'> & { readonly keeps: boolean };

/** Runs one recorded message on an instance of its own. Acts beyond the record are refused; nothing leaves. `wasParked`: before it ran to this end. */
export async function rerunTurn(
  system: SystemPort,
  cls: ActorClass,
  address: Address,
  before: StateImage,
  recorded: TurnRecord,
  wasParked: boolean,
): Promise<Rerun> {
  const { received, records } = recorded;
  const handler = cls.definition.handlers.get(received.method);
  if (handler === undefined) {
    const { message } = new UnknownMethodError(cls.definition.type, received.method, [
      ...cls.definition.handlers.keys(),
    ]);
    return {
      result: null,
      error: null,
      changes: null,
      sends: [],
      lost: { expected: `a handler ${received.method}`, got: message },
      unrecorded: false,
    };
  }
  const live = await openInstance(cls, address.id, before, 'write');
  const facets = facetsOf(address.encoded, cls.facets, before, system.facets);
  const host = new VerifyHost(system, cls, facets, address, live);
  const message = messageOf(system, address, handler, received);
  if (wasParked) message.system = REVIVED;
  const history = [received, ...records].map((entry) => ({ body: entry, time: entry.time }));
  const turn = new DurableTurn(host, message, live.instance, history, 'verify');
  const chain = system.chains.of(facets);
  for (const { name, instance, config } of chain.facets) {
    const first: unknown = live.facetState(name) === undefined ? instance.initialState?.(config) : undefined;
    if (first !== undefined) live.setFacetState(name, first); // the first turn that was committed stored it
  }
  for (const facet of chain.skipped(turn)) turn.skipRecordsOf(facet);
  const { keeps, ...outcome } = asCommitted(turn, recorded, await settle(turn, chain, host));
  while (outcome.error === null && turn.isHandingOver) await new Promise<void>((next) => system.env.immediate(next));
  const lost = turn.checkPath();
  turn.ended = true;
  return {
    ...outcome,
    changes: keeps ? live.takeChanges() : null,
    sends: keeps ? sendsOf(turn) : afterFailure(message).map(describeSend),
    lost: lost === null ? null : { expected: lost.expected, got: lost.got },
    unrecorded: host.metUnrecorded,
  };
}

/** The recorded message, as it came. */
function messageOf(
  { env }: SystemPort,
  address: Address,
  handler: HandlerDefinition,
  received: TurnRecord['received'],
): Message {
  const { sender, correlationId, causationId, principal, headers, messageId } = received;
  const trail = { sender, correlationId, causationId, principal, headers, chain: [] };
  return new Message(address, handler, decodePayload(received.payload) as unknown[], trail, env, messageId);
}

/** Messages, then late answers: as the commit lists them. */
function sendsOf({ sends, replies, actorId }: DurableTurn): string[] {
  return [
    ...(sends ?? []).map(describeSend),
    ...(replies?.made ?? []).map((reply) => `${lateEntry(actorId, reply).method} to ${actorId}`),
  ];
}

function describeSend({ handler, to }: Message): string {
  return `${handler.name} to ${to.encoded}`;
}

/** A turn that ends well as far as its code goes may have had its rows refused by the database when it was committed. */
function asCommitted({ rows, actorId }: DurableTurn, { processed: { error } }: TurnRecord, outcome: Settled): Settled {
  if (outcome.error !== null || rows === null || error?.code !== 'PS_ROWS_REJECTED') return outcome;
  const { actor } = error.details as { readonly actor?: unknown };
  return actor === actorId ? { result: null, error, keeps: false } : outcome;
}

/** The handler may wait for ever for a record that its new path never reaches: then the host ends the wait. */
async function settle(turn: DurableTurn, chain: Parameters<typeof runHandler>[1], host: VerifyHost): Promise<Settled> {
  try {
    const value = await Promise.race([Promise.resolve(runHandler(turn, chain)), host.pathEnd]);
    if (value instanceof DefaultAnswer) return { result: value.value, error: null, keeps: false };
    planOn(turn);
    return { result: value, error: null, keeps: true };
  } catch (error) {
    return { result: null, error: toErrorRecord(error instanceof FacetRejection ? error.error : error), keeps: false };
  }
}

/** Stands in for an activation: records are all there is, so an act without one has left the path. */
class VerifyHost implements DurableTurnHost {
  readonly epoch = 0;
  /** The journal does not say whether a supervisor would have started it again. */
  readonly endures: boolean;
  readonly recordsEffects: boolean;
  metUnrecorded = false;
  readonly pathEnd: Promise<never>;
  private endPath!: (error: Error) => void;

  constructor(
    readonly system: SystemPort,
    cls: ActorClass,
    /** Those of today's class, and what was attached and detached at run time by then. */
    readonly facets: readonly ResolvedFacet[],
    readonly address: Address,
    private readonly live: LiveState,
  ) {
    this.endures = cls.definition.virtual !== null;
    const config = facets.find(({ name }) => name === DURABILITY)?.config as DurabilityConfig | undefined;
    this.recordsEffects = config?.cacheSideEffects ?? true;
    this.pathEnd = new Promise((_, reject) => (this.endPath = reject));
    this.pathEnd.catch(() => undefined);
  }

  get env() {
    return this.system.env;
  }

  sourceFor(): Source {
    return new Source();
  }

  facetState(name: string): unknown {
    return this.live.facetState(name);
  }

  setFacetState(name: string, value: unknown): void {
    this.live.setFacetState(name, value);
  }

  turnTooOld(): void {
    // A re-run is not timed: it holds no line.
  }

  sync(turn: DurableTurn, synced: (error: Error | null) => void): void {
    const act = turn.recordedActs[turn.recordedActs.length - 1];
    const error = new NonDeterminismError(
      this.address.encoded,
      turn.received.id,
      'the end of the handler',
      `act ${act?.name ?? 'sleep'}`,
    );
    if (!this.recordsEffects) this.metUnrecorded = true;
    turn.lostPath ??= error;
    synced(error);
  }

  turnLost(_: DurableTurn, error: Error): void {
    this.endPath(error);
  }
}
