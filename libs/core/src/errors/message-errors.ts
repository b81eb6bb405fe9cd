import { PlexSpacesError } from '#spi';
import { describeCause } from './describe-cause';

/** @publicApi */
export class InvalidMessageOptionError extends PlexSpacesError {
  readonly code = 'PS_INVALID_MESSAGE_OPTION';
  constructor(
    readonly option: string,
    readonly reason: string,
  ) {
    super(`Message option ${option} ${reason}. The message was not sent.`);
  }
}

function whyNot(message: string, only: 'ask' | 'tell' | 'self'): string {
  if (only === 'self') return `${message} is what the actor tells itself; nobody else may send it`;
  return only === 'tell' ? `${message} gives no answer and cannot be asked; tell it` : `${message} can only be asked`;
}

/** A handler that may only be asked was told, the other way round, or by somebody else than the actor. @publicApi */
export class MessageKindError extends PlexSpacesError {
  readonly code = 'PS_MESSAGE_KIND';
  constructor(
    readonly actor: string,
    readonly method: string,
    readonly only: 'ask' | 'tell' | 'self',
  ) {
    super(`${whyNot(`${method} of ${actor}`, only)}. The message was not sent.`);
  }
}

/** A `@Handle({ schema })` refused the arguments. @publicApi */
export class InvalidArgumentsError extends PlexSpacesError {
  readonly code = 'PS_INVALID_ARGUMENTS';
  constructor(
    readonly actor: string,
    readonly method: string,
    readonly issues: readonly string[],
  ) {
    super(`Arguments of ${method} for ${actor} do not fit its schema: ${issues.join('; ')}. The message was not sent.`);
  }
}

/** @publicApi */
export class ScopeError extends PlexSpacesError {
  readonly code = 'PS_SCOPE';
  constructor(
    readonly from: string,
    readonly to: string,
  ) {
    super(
      `A message from scope ${from} may not reach scope ${to}. Give ref(key, { tenant, namespace, allowCrossScope: true }) where crossing is meant.`,
    );
  }
}

/** @publicApi */
export class MailboxFullError extends PlexSpacesError {
  readonly code = 'PS_MAILBOX_FULL';
  override readonly retryable = true;
  constructor(
    readonly actor: string,
    readonly limit: string,
    /** Milliseconds after which room is likely. */
    readonly retryAfter: number,
  ) {
    super(`The mailbox of ${actor} is full (${limit}). Nothing was stored; send again in about ${retryAfter} ms.`);
  }
}

/** @publicApi */
export class AskTimeoutError extends PlexSpacesError {
  readonly code = 'PS_ASK_TIMEOUT';
  override readonly retryable = true;
  constructor(
    readonly actor: string,
    readonly method: string,
    readonly timeoutMs: number,
  ) {
    super(
      `${actor} did not answer ${method} within ${timeoutMs} ms. The message may still take effect: ask again with the same idempotencyKey to learn its answer.`,
    );
  }
}

/** @publicApi */
export class IdempotencyConflictError extends PlexSpacesError {
  readonly code = 'PS_IDEMPOTENCY_CONFLICT';
  constructor(
    readonly actor: string,
    readonly messageId: string,
  ) {
    super(
      `${actor} has already seen message ${messageId} with other arguments. Use a new idempotency key for a new request.`,
    );
  }
}

/** @publicApi */
export class MessageParkedError extends PlexSpacesError {
  readonly code = 'PS_MESSAGE_PARKED';
  constructor(
    readonly actor: string,
    readonly messageId: string,
    readonly attempts: number,
    options?: ErrorOptions,
  ) {
    super(
      `Message ${messageId} of ${actor} failed ${attempts} times and was parked: ${describeCause(options?.cause)}. Mend the cause, then take it up again with DeadLetters.retry(), or send it again where the actor has no durability().`,
      options,
    );
  }
}

/** @publicApi */
export class MessageStalledError extends PlexSpacesError {
  readonly code = 'PS_MESSAGE_STALLED';
  override readonly retryable = true;
  constructor(
    readonly actor: string,
    readonly messageId: string,
    readonly wroteVersion: string,
    readonly runsVersion: string,
    options?: ErrorOptions,
  ) {
    super(
      `Message ${messageId} of ${actor} was begun by version ${wroteVersion} and does not fit version ${runsVersion}. ` +
        `It waits for a node of version ${wroteVersion}, a ctx.patched() branch, or an operator.`,
      options,
    );
  }
}

/** The message was accepted longer ago than its id is remembered: nobody can say whether it ran. @publicApi */
export class OutcomeUnknownError extends PlexSpacesError {
  readonly code = 'PS_OUTCOME_UNKNOWN';
  constructor(
    readonly actor: string,
    readonly messageId: string,
  ) {
    super(
      `Message ${messageId} of ${actor} is older than the time its id is kept, so it is not run again. Check its effects, then send it under a new id.`,
    );
  }
}

/** @publicApi */
export class NotAnActorCallError extends PlexSpacesError {
  readonly code = 'PS_NOT_AN_ACTOR_CALL';
  constructor(readonly contextType: string) {
    super(`getActorCall() was given a ${contextType} context, which carries no message. Ask isActorContext() first.`);
  }
}
