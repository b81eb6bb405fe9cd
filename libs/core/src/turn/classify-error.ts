import { HttpException } from '@nestjs/common';
import { RecordedError } from '#journal';
import { isPlexSpacesError } from '#spi';
import { TerminalError } from '../errors';

/** Server answers that say "later": the message is tried again. */
const RETRYABLE_STATUS: ReadonlySet<number> = new Set([408, 425, 429]);

/** Errors of ours that no retry can change: the same code would meet them again. */
const FINAL_CODES: ReadonlySet<string> = new Set([
  'PS_INVALID_PAYLOAD',
  'PS_CODEC_CHECK',
  'PS_PAYLOAD_TOO_LARGE',
  'PS_INVALID_ARGUMENTS',
  'PS_INVALID_DURATION',
  'PS_INVALID_MESSAGE_OPTION',
  'PS_READ_ONLY_VIOLATION',
  'PS_INVALID_ACTOR_ID',
  'PS_UNKNOWN_METHOD',
  'PS_UNKNOWN_ACTOR_TYPE',
  'PS_TURN_LIMIT',
  'PS_TURN_ORDER',
  'PS_CALL_CYCLE',
  'PS_DEADLOCK',
  'PS_SCOPE',
  'PS_UNKNOWN_FACET',
  'PS_INVALID_FACET',
  'PS_INVALID_FACET_CONFIG',
  'PS_FACET_ATTACHED',
  'PS_FACET_NOT_ATTACHED',
  'PS_ACTOR_EXISTS',
  'PS_IDEMPOTENCY_CONFLICT',
  'PS_INVALID_ROWS',
  'PS_ROWS_DATABASE',
  'PS_ROWS_NOT_SUPPORTED',
  'PS_ROWS_REJECTED',
  'PS_TRANSACTION_NOT_SUPPORTED',
  'PS_TRANSACT_END',
  'PS_TRANSACT_LAST',
  'PS_INVALID_PLAN',
  'PS_INVALID_TIMER',
  'PS_TIMER_LIMIT',
  'PS_TIMER_NOT_FOUND',
  'PS_INVALID_REMINDER',
  'PS_REMINDER_LIMIT',
  'PS_REMINDER_NOT_FOUND',
  'PS_DEFERRED_REPLY',
  'PS_MESSAGE_KIND',
]);

/** P7: is this error the final answer of its message, or a crash that its retry policy judges? */
export function isFinalAnswer(error: unknown): boolean {
  try {
    return isFinal(error);
  } catch {
    return false; // an error that throws when it is looked at says nothing
  }
}

function isFinal(error: unknown): boolean {
  if (error instanceof TerminalError || isTerminalByName(error)) return true;
  if (error instanceof RecordedError) return FINAL_CODES.has(error.code) || error.name === 'RpcException';
  if (isPlexSpacesError(error)) return FINAL_CODES.has(error.code);
  const status = httpStatus(error);
  if (status !== null) return status < 500 && !RETRYABLE_STATUS.has(status);
  return isRpcException(error);
}

function httpStatus(error: unknown): number | null {
  if (error instanceof HttpException) return error.getStatus();
  const duck = error as { getStatus?: unknown; getResponse?: unknown } | null;
  if (
    typeof duck !== 'object' ||
    duck === null ||
    typeof duck.getStatus !== 'function' ||
    typeof duck.getResponse !== 'function'
  )
    return null;
  const status: unknown = (duck as { getStatus(): unknown }).getStatus();
  return typeof status === 'number' ? status : null;
}

/** By shape: `@nestjs/microservices` is not among our dependencies. */
function isRpcException(error: unknown): boolean {
  return error instanceof Error && 'getError' in error && extendsClass(error, 'RpcException');
}

/** Its `name` says nothing: Nest leaves it at 'Error'. */
function extendsClass(error: object, name: string): boolean {
  for (let proto = prototypeOf(error); proto !== null; proto = prototypeOf(proto)) {
    if (proto.constructor.name === name) return true;
  }
  return false;
}

function prototypeOf(value: object): object | null {
  return Object.getPrototypeOf(value) as object | null;
}

/** A TerminalError that crossed the journal or came from a second copy of the package. */
function isTerminalByName(error: unknown): boolean {
  return error instanceof Error && error.name === 'TerminalError';
}

/** Not there, or there no more: an answer, not a failure of the actor. */
export function isAbsence(code: string): boolean {
  return code === 'PS_ACTOR_NOT_FOUND' || code === 'PS_ACTOR_TERMINATED';
}
