import { HttpStatus } from '@nestjs/common';
import { type PlexSpacesError, TerminalError } from 'plexspaces';

/** What an error of an actor means to an HTTP client. */
const STATUS: Readonly<Record<string, HttpStatus>> = {
  PS_INVALID_ACTOR_ID: HttpStatus.BAD_REQUEST,
  PS_INVALID_ARGUMENTS: HttpStatus.BAD_REQUEST,
  PS_INVALID_MESSAGE_OPTION: HttpStatus.BAD_REQUEST,
  PS_INVALID_PAYLOAD: HttpStatus.BAD_REQUEST,
  PS_PAYLOAD_TOO_LARGE: HttpStatus.PAYLOAD_TOO_LARGE,
  PS_SCOPE: HttpStatus.FORBIDDEN,
  PS_ACTOR_NOT_FOUND: HttpStatus.NOT_FOUND,
  PS_UNKNOWN_ACTOR_TYPE: HttpStatus.NOT_FOUND,
  PS_UNKNOWN_METHOD: HttpStatus.NOT_FOUND,
  PS_ACTOR_EXISTS: HttpStatus.CONFLICT,
  PS_IDEMPOTENCY_CONFLICT: HttpStatus.CONFLICT,
  PS_OUTCOME_UNKNOWN: HttpStatus.CONFLICT,
  PS_ACTOR_TERMINATED: HttpStatus.GONE,
  PS_HISTORY_TRUNCATED: HttpStatus.GONE,
  PS_ASK_TIMEOUT: HttpStatus.GATEWAY_TIMEOUT,
  PS_EFFECT_TIMEOUT: HttpStatus.GATEWAY_TIMEOUT,
  PS_TURN_TIMEOUT: HttpStatus.GATEWAY_TIMEOUT,
  PS_MAILBOX_FULL: HttpStatus.SERVICE_UNAVAILABLE,
  PS_MESSAGE_STALLED: HttpStatus.SERVICE_UNAVAILABLE,
  PS_NOT_OWNER: HttpStatus.SERVICE_UNAVAILABLE,
  PS_NODE_STOPPING: HttpStatus.SERVICE_UNAVAILABLE,
  PS_STORE_CLOSED: HttpStatus.SERVICE_UNAVAILABLE,
  PS_STORE_FAILED: HttpStatus.SERVICE_UNAVAILABLE,
  PS_VERSION_CONFLICT: HttpStatus.SERVICE_UNAVAILABLE,
  PS_ACTOR_FAILED: HttpStatus.SERVICE_UNAVAILABLE,
};

/** A handler's own final answer is the client's matter; anything unknown is ours. */
export function statusOf(error: PlexSpacesError): HttpStatus {
  if (error instanceof TerminalError) return HttpStatus.UNPROCESSABLE_ENTITY;
  return STATUS[error.code] ?? HttpStatus.INTERNAL_SERVER_ERROR;
}

/** Seconds after which the same request may succeed, for `Retry-After`; `null` where waiting does not help. */
export function retryAfterSeconds(error: PlexSpacesError): number | null {
  if (statusOf(error) !== HttpStatus.SERVICE_UNAVAILABLE) return null;
  const { retryAfter } = error as { readonly retryAfter?: unknown };
  return typeof retryAfter === 'number' ? Math.max(1, Math.ceil(retryAfter / 1000)) : 1;
}
