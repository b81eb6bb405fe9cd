import type { Duration } from '#spi';
import type { ReplyToken } from '../deferred/reply-token';
import type { ActorContext } from './actor-context';
import type { HookName } from './hook-names';

/** Where a ref points besides the key. Default: the sender's scope, `default/default` outside actors. @publicApi */
export interface RefOptions {
  readonly tenant?: string;
  readonly namespace?: string;
  /** Without it a ref of an actor may not leave that actor's tenant and namespace. */
  readonly allowCrossScope?: boolean;
}

/** What `.with({ … })` may set on the messages of a ref. @publicApi */
export interface MessageOptions {
  /** Equal keys are one message for 24 h: a repeat gets the recorded answer. Scoped by actor and principal. */
  readonly idempotencyKey?: string | undefined;
  /** How long an ask waits, and until when the message may start. Default '30s'. */
  readonly timeout?: Duration | undefined;
  /** Tells only: not before this much time has passed. */
  readonly delay?: Duration | undefined;
  /** Travel with the message and all it causes. Stored; never put credentials here. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** On whose behalf. Stored with the message. */
  readonly principal?: string | undefined;
  /** Joins an existing conversation; default a new id, or the sender's. */
  readonly correlationId?: string | undefined;
  /**
   * Tells of an actor to itself: the end of the message, its result or its error, is the answer that the token stands for.
   * The token is used up when the tell is sent.
   */
  readonly replyTo?: ReplyToken | undefined;
  /** Read-only asks on shared stores: skip the confirmation of the head row (P2). */
  readonly stale?: boolean | undefined;
  /**
   * Asks of durable actors: what comes of one that its receiver did not take, after ten attempts (its mailbox is full, it is kept
   * down, the store fails). `retry`: the whole turn is tried again, and parked in the end, so that a passing trouble is never
   * recorded. `throw`: the error is recorded as the ask's outcome and thrown, as what the receiver's handler throws is. Default `retry`.
   */
  readonly ifUndelivered?: 'retry' | 'throw' | undefined;
}

/**
 * A transaction of the application on the database of the journal: the EntityManager that TypeORM's `transaction()` hands
 * out, or a QueryRunner after `startTransaction()`.
 * @publicApi
 */
export type CallerTransaction = { readonly queryRunner?: object } | { readonly isTransactionActive: boolean };

/** @publicApi */
export interface TransactionOptions extends MessageOptions {
  /** The tell becomes part of it: accepted exactly if it commits. */
  readonly transaction: CallerTransaction;
}

/** Called by the runtime, never sent. */
type NotAMessage = HookName | 'toSnapshot' | 'fromSnapshot';

/** Public methods of `T`. Which of them have `@Handle()` is known at run time only: the others are refused by name. */
type MethodName<T> = Exclude<
  { [K in keyof T]: T[K] extends (...args: never[]) => unknown ? K : never }[keyof T],
  NotAMessage
>;

type IsAny<X> = 0 extends 1 & X ? true : false;
type IsContext<X> =
  IsAny<X> extends true
    ? false
    : [NonNullable<X>] extends [never]
      ? false
      : [NonNullable<X>] extends [ActorContext]
        ? true
        : false;

/** A parameter list without its `@Ctx() ctx: ActorContext`, which the runtime fills in. Lists that have none keep their names. */
type WithoutContext<Params extends readonly unknown[]> = true extends {
  [I in keyof Params]: IsContext<Params[I]>;
}[number]
  ? Strip<Params>
  : Params;

type Strip<Params extends readonly unknown[]> = Params extends readonly []
  ? []
  : Params extends readonly [infer First, ...infer Rest]
    ? IsContext<First> extends true
      ? Strip<Rest>
      : [First, ...Strip<Rest>]
    : number extends Params['length']
      ? Params
      : Params extends readonly [(infer First)?, ...infer Rest]
        ? IsContext<First> extends true
          ? Strip<Rest>
          : [First?, ...Strip<Rest>]
        : Params;

type MessageArgs<F> = F extends (...args: infer Params) => unknown ? WithoutContext<Params> : never;
type Answer<F> = F extends (...args: never[]) => infer R ? Promise<Given<Awaited<R>>> : never;
/** What a token stands for is what the asker gets in the end. */
type Given<A> = A extends ReplyToken<infer T> ? T : A;

declare const TOLD: unique symbol;
/**
 * Return type of a method that gives no answer: a ref offers it to `tell` and not to `ask`. Such a method returns nothing;
 * with `@Handle({ only: 'tell' })`, or `@Cast()` of the behaviours, the runtime keeps to it as well.
 * @publicApi
 */
// eslint-disable-next-line @typescript-eslint/no-invalid-void-type -- a method of this type has no return statement
export type NoReply = void | { readonly [TOLD]: true };

type Answering<T> = {
  [K in MethodName<T>]: T[K] extends (...args: never[]) => infer R
    ? IsTold<Awaited<R>> extends true
      ? never
      : K
    : never;
}[MethodName<T>];
type IsTold<A> = IsAny<A> extends true ? false : [Extract<A, { readonly [TOLD]: true }>] extends [never] ? false : true;

/** `ref.ask.method(args)`. @publicApi */
export type AskPort<T> = { readonly [K in Answering<T>]: (...args: MessageArgs<T[K]>) => Answer<T[K]> };

/** `ref.tell.method(args)`: resolves when the message is accepted. @publicApi */
export type TellPort<T> = { readonly [K in MethodName<T>]: (...args: MessageArgs<T[K]>) => Promise<void> };

/** What `onCreate` takes, and so `spawn` and `orCreate`. @publicApi */
export type CreateArgs<T> = T extends { onCreate(...args: infer Params): unknown } ? WithoutContext<Params> : [];
