import { failpoint } from '#spi';
import type { HandlerDefinition } from '../actor/actor-definition';
import type { ActorInfo, ActorRef } from '../actor/actor-ref';
import { validateArguments } from '../admission/validate-arguments';
import { delegateReply } from '../deferred/turn-replies';
import { InvalidMessageOptionError, ScopeError, TurnEndedError, TurnOrderError } from '../errors';
import type { Creation } from '../persistence/creation';
import type { EffectContext } from '../turn/effect-call';
import { runningTurn } from '../turn/frame';
import { handled, handledInTurn } from '../turn/handled';
import { ASK_RETRY, EFFECT_RETRY, HEARD_ASK_RETRY } from '../turn/retry-policy';
import type { Turn } from '../turn/turn';
import { sameScope } from './address';
import { assertNoCycle } from './call-cycle';
import { admitByFacets } from './facet-admission';
import { CLIENT, type Origin, makeMessage, originOf, withOptions } from './make-message';
import type { Message } from './message';
import { rankOf } from './message-ids';
import { CREATE, STOP, isSystemMessage } from './system-messages';
import { askOrigin, sendingTurn } from './send-origin';
import type { Place } from './source';
import type { SystemPort } from './system-port';
import { assertNoTransaction, whyNoTransaction } from './transaction-tell';

type Ref = ActorRef<object>;

/**
 * The way in: turns a call on a ref into a message before its receiver. Everything that can refuse a message does
 * so here, before anything is stored. Inside a turn an ask is a recorded act and leaves at once, a tell leaves
 * with the commit (P2).
 */
export class Sender {
  constructor(private readonly system: SystemPort) {}

  ask(ref: Ref, handler: HandlerDefinition, args: readonly unknown[]): Promise<unknown> {
    const turn = whyNoTransaction(ref, 'ask') ?? sendingTurn(ref, handler);
    if (turn instanceof Error) return handled(Promise.reject(turn));
    if (turn !== undefined) return this.askInTurn(turn, ref, handler, args);
    const origin = askOrigin();
    if (!ref.source.hasPlaces && this.isOpen(ref, handler)) return this.post(ref, handler, args, origin);
    return this.inPlace(ref, handler, args, (admitted, place) => {
      const answer = this.post(ref, handler, admitted, origin);
      place.free();
      return answer;
    });
  }

  tell(ref: Ref, handler: HandlerDefinition, args: readonly unknown[]): Promise<void> {
    const running = sendingTurn(ref, handler);
    const turn = running && (whyNoTransaction(ref, 'turn') ?? running);
    if (turn === undefined) return this.tellAsClient(ref, handler, args);
    if (turn instanceof Error) return handled(Promise.reject(turn));
    const taken = this.tellInTurn(turn, ref, handler, args);
    taken.catch((error: unknown) => {
      // the handler may not await it: then this is all anybody hears
      if (!(error instanceof TurnEndedError))
        this.system.logger.warn(`${handler.name} of ${turn.actorId} to ${ref.actorId} was refused: ${String(error)}`);
    });
    return taken;
  }

  private async tellAsClient(ref: Ref, handler: HandlerDefinition, args: readonly unknown[]): Promise<void> {
    if (!ref.source.hasPlaces && !this.takesTime(ref) && this.isOpen(ref, handler))
      return this.accept(ref, handler, args, CLIENT, null);
    await this.inPlace(ref, handler, args, (admitted, place) => this.accept(ref, handler, admitted, CLIENT, place));
  }

  /** `spawn` and `orCreate`: the actor's first turn runs `onCreate(...args)`. */
  create(ref: Ref, args: readonly unknown[], creation: Creation): Promise<void> {
    return handledInTurn(this.createNow(ref, args, creation));
  }

  private async createNow(ref: Ref, args: readonly unknown[], creation: Creation): Promise<void> {
    assertNoTransaction(ref);
    const turn = runningTurn();
    const post = (origin: Origin): Promise<unknown> => this.post(ref, CREATE, args, origin, creation);
    if (turn === undefined) await post(CLIENT);
    else {
      this.assertMayReach(turn, ref);
      const act = {
        scope: 'handler',
        name: `create:${ref.actorId}`,
        args,
        retry: ASK_RETRY,
        timeoutMs: 0,
      };
      await turn.act(act, (effect) => post(originOf(turn, rankOf(effect), true, effect.attempt)));
    }
  }

  /** `ctx.spawn`: leaves with the commit of the running turn. */
  createInTurn(turn: Turn, ref: Ref, args: readonly unknown[]): void {
    this.assertMayReach(turn, ref);
    turn.assertRunning('spawn');
    const message = makeMessage(this.system, ref, CREATE, args, originOf(turn, turn.nextOrdinal('handler'), false));
    message.system = { ifAbsent: true } satisfies Creation;
    turn.tell(message);
  }

  stop(ref: Ref, mode: 'graceful' | 'brutal'): Promise<void> {
    return handledInTurn(this.control(ref, STOP, [], { mode }).then(() => undefined));
  }

  /** Sends a message of the runtime itself and waits for its end. */
  control(ref: Ref, handler: HandlerDefinition, args: readonly unknown[], system?: unknown): Promise<unknown> {
    return handledInTurn(this.controlNow(ref, handler, args, system));
  }

  private async controlNow(
    ref: Ref,
    handler: HandlerDefinition,
    args: readonly unknown[],
    system: unknown,
  ): Promise<unknown> {
    assertNoTransaction(ref);
    const turn = runningTurn();
    if (turn === undefined) return this.post(ref, handler, args, CLIENT, system);
    this.assertMayReach(turn, ref);
    assertNoCycle(turn, ref.actorId, handler);
    const act = { scope: 'handler', name: `${handler.name}:${ref.actorId}`, args, retry: ASK_RETRY, timeoutMs: 0 };
    const origin = (effect: EffectContext): Origin => originOf(turn, rankOf(effect), true, effect.attempt);
    return turn.act(act, (effect) => this.post(ref, handler, args, origin(effect), system));
  }

  activate(ref: Ref): Promise<void> {
    const turn = runningTurn();
    if (turn !== undefined) this.assertMayReach(turn, ref);
    return this.system.activate(ref.address);
  }

  info(ref: Ref): Promise<ActorInfo> {
    return this.system.info(ref.address);
  }

  /** A tell is a stored row, which must not be written for an actor that is not there: that is looked up first, or by a transaction. */
  private takesTime({ address, options }: Ref): boolean {
    return (
      options.transaction !== undefined || (address.definition.virtual === null && this.system.keepsInbox(address))
    );
  }

  private isOpen(ref: Ref, handler: HandlerDefinition): boolean {
    return handler.admission === null && handler.schema === null && !this.system.chainOf(ref.address, ref.cls).admits;
  }

  /** Admission of several messages of one ref may run side by side; they are delivered in the order they were sent (P2). */
  private async inPlace<R>(
    ref: Ref,
    handler: HandlerDefinition,
    args: readonly unknown[],
    deliver: (args: readonly unknown[], place: Place) => Promise<R>,
  ): Promise<unknown> {
    const place = ref.source.takePlace();
    try {
      return await this.admitted(ref, handler, args, CLIENT, async (admitted) => {
        await place.isNext;
        return deliver(admitted, place);
      });
    } finally {
      place.free();
    }
  }

  /** Guards, pipes and interceptors, then the schema, then the facets: each may refuse; nothing is stored yet. */
  private admitted<R>(
    ref: Ref,
    handler: HandlerDefinition,
    args: readonly unknown[],
    origin: Origin,
    deliver: (args: readonly unknown[]) => Promise<R>,
  ): Promise<unknown> {
    const inner = async (piped: readonly unknown[]): Promise<R> => {
      const valid = handler.schema === null ? piped : await validateArguments(handler, ref.actorId, piped);
      const chain = this.system.chainOf(ref.address, ref.cls);
      if (chain.admits) await admitByFacets(chain, makeMessage(this.system, ref, handler, valid, origin));
      return deliver(valid);
    };
    if (handler.admission === null) return inner(args);
    const { headers, principal, sender } = withOptions(origin.trail, ref);
    return handler.admission.run({ actor: ref.id, method: handler.name, headers, principal, sender }, args, inner);
  }

  /** An ask on its way: resolves with the answer. */
  private post(
    ref: Ref,
    handler: HandlerDefinition,
    args: readonly unknown[],
    origin: Origin,
    system?: unknown,
  ): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const message = makeMessage(this.system, ref, handler, args, origin);
      message.enter();
      message.system = system;
      message.join(this.system.waits.waiter(origin.asks, message, resolve, reject));
      if (!isSystemMessage(handler)) this.limitWait(message, ref);
      failpoint('ingress.afterValidate');
      if (handler.readOnly) message.afterEarlier(() => this.system.deliver(message));
      else this.system.deliver(message);
    });
  }

  private async accept(
    ref: Ref,
    handler: HandlerDefinition,
    args: readonly unknown[],
    origin: Origin,
    place: Place | null,
  ): Promise<void> {
    if (handler.readOnly)
      throw new InvalidMessageOptionError(
        'tell',
        `cannot be used for ${handler.name}, which is readOnly: nobody would get its answer`,
      );
    const message = makeMessage(this.system, ref, handler, args, origin);
    failpoint('ingress.afterValidate');
    message.delayUntil(this.system.env.now() + (ref.options.delayMs ?? 0), ref.options.delayMs);
    if (ref.options.transaction !== undefined) return this.system.acceptInTransaction(message, ref.options.transaction);
    message.place = place;
    message.enter();
    try {
      await this.system.accept(message);
    } catch (error) {
      message.leave(); // it was refused
      throw error;
    }
  }

  private askInTurn(turn: Turn, ref: Ref, handler: HandlerDefinition, args: readonly unknown[]): Promise<unknown> {
    try {
      this.assertMayReach(turn, ref);
      if (turn.hasSendTo(ref.actorId)) throw new TurnOrderError(turn.actorId, ref.actorId);
      assertNoCycle(turn, ref.actorId, handler);
    } catch (error) {
      return handled(Promise.reject(error));
    }
    const act = {
      scope: 'handler',
      name: `ask:${ref.id.type}.${handler.name}`,
      args: [ref.actorId, ...args],
      retry: ref.options.ifUndelivered === 'throw' ? HEARD_ASK_RETRY : ASK_RETRY,
      timeoutMs: 0,
    };
    return turn.act(act, (effect) => {
      const origin = originOf(turn, rankOf(effect), true, effect.attempt);
      return this.admitted(ref, handler, args, origin, (admitted) => this.post(ref, handler, admitted, origin));
    });
  }

  /** Admission of a tell may look outside, so its verdict is a recorded act; the send itself waits for the commit. */
  private async tellInTurn(turn: Turn, ref: Ref, handler: HandlerDefinition, args: readonly unknown[]): Promise<void> {
    this.assertMayReach(turn, ref);
    const take = (admitted: readonly unknown[]): void => {
      const message = makeMessage(
        this.system,
        ref,
        handler,
        admitted,
        originOf(turn, turn.nextOrdinal('handler'), false),
      );
      message.delayUntil(turn.now() + (ref.options.delayMs ?? 0), ref.options.delayMs);
      if (ref.options.replyTo !== undefined) delegateReply(turn, message, ref.options.replyTo);
      turn.tell(message);
    };
    if (this.isOpen(ref, handler)) {
      take(args);
      return;
    }
    const act = {
      scope: 'handler',
      name: `admit:${ref.id.type}.${handler.name}`,
      args: [ref.actorId, ...args],
      retry: EFFECT_RETRY,
      timeoutMs: 0,
    };
    let verdict: readonly unknown[] = args;
    const admitted = await turn.act(act, async () => {
      const origin = originOf(turn, 'admission', false);
      await this.admitted(ref, handler, args, origin, (passed) => Promise.resolve(void (verdict = passed)));
      return verdict;
    });
    take(admitted as readonly unknown[]);
  }

  private limitWait(message: Message, ref: Ref): void {
    message.timeoutMs = ref.options.timeoutMs ?? this.system.options.askTimeoutMs;
    this.system.deadlines.of(message.timeoutMs).add(message);
    message.startBefore = message.timedAt;
  }

  /** @throws ScopeError */
  assertMayReach(turn: Turn, ref: Ref): void {
    if (ref.crossesScope || sameScope(turn.actor, ref.id)) return;
    throw new ScopeError(`${turn.actor.tenant}/${turn.actor.namespace}`, `${ref.id.tenant}/${ref.id.namespace}`);
  }
}
