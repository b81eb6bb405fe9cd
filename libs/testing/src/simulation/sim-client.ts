import type { Type } from '@nestjs/common';
import {
  type ActorClient,
  type ActorRef,
  ActorRegistry,
  type AskPort,
  type MessageOptions,
  NotOwnerError,
  type TellPort,
  getActorToken,
} from '#core';
import { isPlexSpacesError } from '#spi';
import { CallOutcomeUnknownError } from '../errors';
import type { NodeLife } from './sim-node';
import type { OperationRecord } from '../history';
import type { WorldParts } from './world-parts';

/** How a client calls. @publicApi */
export interface CallOptions extends MessageOptions {
  /** How often it tries, under one idempotency key, until it knows the outcome. Default 1. */
  readonly attempts?: number;
}

type Kind = 'ask' | 'tell';
type End =
  | { readonly kind: 'ok'; readonly value: unknown }
  | { readonly kind: 'fail'; readonly error: unknown }
  | { readonly kind: 'unknown'; readonly reason: string };

interface Call {
  readonly kind: Kind;
  readonly cls: Type<object>;
  readonly key: string;
  readonly method: string;
  readonly args: readonly unknown[];
  readonly options: MessageOptions;
}

/** Errors after which the message may still take effect. */
const UNSURE = new Set([
  'PS_ASK_TIMEOUT',
  'PS_STORE_FAILED',
  'PS_STORE_CLOSED',
  'PS_VERSION_CONFLICT',
  'PS_NODE_STOPPING',
  'PS_ACTOR_FAILED',
]);

/** A client gives up on an answer after this much more than the ask itself would. */
const PATIENCE_MS = 35_000;

/**
 * A caller outside every process, with a connection to the application. Calls of one client to one actor arrive in
 * the order they were made; a dead process or a lost answer leaves an outcome nobody knows.
 * @publicApi
 */
export class SimClient {
  private calls = 0;
  private readonly refs = new WeakMap<NodeLife, Map<string, ActorRef<object>>>();
  private readonly lastArrival = new WeakMap<NodeLife, number>();

  /** @internal */
  constructor(
    private readonly world: WorldParts,
    readonly name: string,
  ) {}

  /** `await client.ask(Account, 'a').deposit(5)`. @throws what the actor answers; CallOutcomeUnknownError when nobody can say */
  ask<T extends object>(cls: Type<T>, key: string, options: CallOptions = {}): AskPort<T> {
    return this.port('ask', cls, key, options) as AskPort<T>;
  }

  /** `await client.tell(Account, 'a').deposit(5)`: resolves when the message is accepted. @throws as {@link ask} */
  tell<T extends object>(cls: Type<T>, key: string, options: CallOptions = {}): TellPort<T> {
    return this.port('tell', cls, key, options) as TellPort<T>;
  }

  /**
   * Does something else with a ref inside the application, such as stopping the actor; tried again while nobody can
   * say whether it was done, so it must bear that.
   */
  async run<T extends object, R>(
    cls: Type<T>,
    key: string,
    act: (ref: ActorRef<T>) => Promise<R>,
    { attempts = 1 }: Pick<CallOptions, 'attempts'> = {},
  ): Promise<R> {
    const what = `something done to ${key}`;
    const open = this.world.opens(`${this.name} waits for ${what}`);
    try {
      const attempt = async (): Promise<End> => {
        const node = await this.world.node.whenUp();
        return this.send(node, () => act(this.refOf(node, cls, key) as ActorRef<T>));
      };
      return (await this.untilKnown(what, attempts, attempt)) as R;
    } finally {
      open.close();
    }
  }

  private port(kind: Kind, cls: Type<object>, key: string, { attempts = 1, ...options }: CallOptions): object {
    return new Proxy(Object.create(null) as object, {
      get: (_, method) => {
        if (typeof method !== 'string' || method === 'then') return undefined;
        return (...args: unknown[]) => this.call({ kind, cls, key, method, args, options }, attempts);
      },
    });
  }

  private async call(given: Call, attempts: number): Promise<unknown> {
    const number = ++this.calls;
    const idempotencyKey = given.options.idempotencyKey ?? (attempts > 1 ? `${this.name}/${number}` : undefined);
    const call = idempotencyKey === undefined ? given : { ...given, options: { ...given.options, idempotencyKey } };
    const id = idempotencyKey ?? `${this.name}/${number} (no key)`;
    const subject = `${call.method} of ${call.key}, ${id},`;
    const open = this.world.opens(
      `${this.name} waits for ${call.kind} ${call.method}(${call.args.join()}) of ${call.key} (${id})`,
    );
    try {
      return await this.untilKnown(subject, attempts, () => this.attempt(call, id));
    } finally {
      open.close();
    }
  }

  private async untilKnown(subject: string, attempts: number, attempt: () => Promise<End>): Promise<unknown> {
    let isUnsure = false;
    for (let count = 1; ; count++) {
      const end = await attempt();
      if (end.kind === 'ok') return end.value;
      if (end.kind === 'unknown') isUnsure = true;
      const isFinal = end.kind === 'fail' && !(isPlexSpacesError(end.error) && end.error.retryable);
      if (isFinal || (count >= attempts && end.kind === 'fail' && !isUnsure)) throw end.error;
      if (count >= attempts)
        throw new CallOutcomeUnknownError(subject, end.kind === 'unknown' ? end.reason : String(end.error));
      await this.world.sleep(20 * count);
    }
  }

  private async attempt(call: Call, id: string): Promise<End> {
    const node = await this.world.node.whenUp();
    const record = this.world.log.begin({
      id,
      client: this.name,
      ref: String(node.reign),
      actor: this.refOf(node, call.cls, call.key).actorId,
      kind: call.kind,
      method: call.method,
      args: call.args,
      readOnly: isReadOnly(node, call),
      ...(call.options.delay === undefined ? {} : { delayMs: call.options.delay as number }),
    });
    const end = await this.send(node, () => this.deliver(node, call));
    record.end(end.kind === 'unknown' ? 'info' : end.kind, end.kind === 'ok' ? end.value : undefined);
    return end;
  }

  private send(node: NodeLife, act: () => Promise<unknown>): Promise<End> {
    const { clock, choices } = this.world;
    return new Promise((resolve) => {
      const lost = (): void => settle({ kind: 'unknown', reason: 'its process died' });
      const settle = (end: End): void => {
        node.whenOver.delete(lost);
        patience.cancel();
        resolve(end);
      };
      const patience = clock.world.schedule(() => settle({ kind: 'unknown', reason: 'no answer came' }), PATIENCE_MS);
      node.whenOver.add(lost);
      const { requestLost } = this.world.faults;
      if (requestLost > 0 && choices.chance(requestLost, 'call.requestLost')) return this.world.note('requestLost');
      const reply = (end: End): void => {
        if (node.life.isOver) return;
        if (this.world.faults.replyLost > 0 && choices.chance(this.world.faults.replyLost, 'call.replyLost'))
          return this.world.note('replyLost');
        node.whenOver.delete(lost); // it has left
        clock.world.schedule(() => settle(end), choices.below(10, 'call.replyTakes') / 4);
      };
      const arrive = (): void => {
        act().then(
          (value) => reply({ kind: 'ok', value }),
          (error: unknown) =>
            reply(isUnsure(error) ? { kind: 'unknown', reason: String(error) } : { kind: 'fail', error }),
        );
      };
      clock.arrival(node.life, arrive, this.arrivesIn(node, choices.below(10, 'call.requestTakes') / 4));
    });
  }

  private async deliver(node: NodeLife, call: Call): Promise<unknown> {
    const ref = this.refOf(node, call.cls, call.key).with(call.options);
    const port = ref[call.kind] as unknown as Record<string, (...args: readonly unknown[]) => Promise<unknown>>;
    const method = port[call.method];
    if (method === undefined) throw new TypeError(`${call.cls.name} has no method ${call.method}`);
    return method.apply(port, call.args as unknown[]);
  }

  /** One ref per connection and actor: it keeps the order of what is sent through it (P2). */
  private refOf(node: NodeLife, cls: Type<object>, key: string): ActorRef<object> {
    let refs = this.refs.get(node);
    if (refs === undefined) this.refs.set(node, (refs = new Map<string, ActorRef<object>>()));
    const name = `${cls.name}\n${key}`;
    let ref = refs.get(name);
    if (ref === undefined) refs.set(name, (ref = node.get<ActorClient<object>>(getActorToken(cls)).ref(key)));
    return ref;
  }

  /** A connection keeps the order of what is sent on it. */
  private arrivesIn(node: NodeLife, delayMs: number): number {
    const now = this.world.clock.time;
    const at = Math.max(now + delayMs, (this.lastArrival.get(node) ?? 0) + 0.001);
    this.lastArrival.set(node, at);
    return at - now;
  }
}

function isReadOnly(node: NodeLife, { cls, method }: Call): boolean {
  const definition = node.get<ActorRegistry>(ActorRegistry).byClass(cls);
  return definition.handlers.get(method)?.readOnly ?? false;
}

function isUnsure(error: unknown): boolean {
  if (error instanceof NotOwnerError) return error.mayTakeEffect;
  return isPlexSpacesError(error) && UNSURE.has(error.code);
}

/** What clients did, attempt by attempt. */
export class CallLog {
  readonly records: OperationRecord[] = [];
  private clock = 0;

  begin(invocation: Omit<OperationRecord, 'invoked' | 'ended' | 'outcome' | 'value'>): {
    end(outcome: OperationRecord['outcome'], value: unknown): void;
  } {
    const record: { -readonly [K in keyof OperationRecord]: OperationRecord[K] } = {
      ...invocation,
      invoked: ++this.clock,
      ended: null,
      outcome: 'info',
    };
    this.records.push(record);
    return {
      end: (outcome, value) => {
        const at = ++this.clock;
        record.outcome = outcome;
        if (outcome !== 'info') record.ended = at;
        if (value !== undefined) record.value = value;
      },
    };
  }
}
