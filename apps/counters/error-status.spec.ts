import {
  MailboxFullError,
  NodeStoppingError,
  TerminalError,
  IdempotencyConflictError,
  AskTimeoutError,
} from 'plexspaces';
import { InvalidActorIdError, ActorNotFoundError, NonDeterminismError } from 'plexspaces';
import { retryAfterSeconds, statusOf } from './error-status';

describe('statusOf', () => {
  it.each([
    [new InvalidActorIdError('key', 'is empty'), 400],
    [new ActorNotFoundError('a'), 404],
    [new IdempotencyConflictError('a', 'm'), 409],
    [new TerminalError('out of stock', {}, { code: 'OUT_OF_STOCK' }), 422],
    [new MailboxFullError('a', '10 messages', 2_100), 503],
    [new NodeStoppingError('a'), 503],
    [new AskTimeoutError('a', 'increment', 30_000), 504],
    [new NonDeterminismError('a', 'm', 'this', 'that'), 500],
  ])('says %s to an HTTP client', (error, status) => {
    expect(statusOf(error)).toBe(status);
  });
});

describe('retryAfterSeconds', () => {
  it('rounds up what a full mailbox estimates, and never says 0', () => {
    expect(retryAfterSeconds(new MailboxFullError('a', '10 messages', 2_100))).toBe(3);
    expect(retryAfterSeconds(new MailboxFullError('a', '10 messages', 0))).toBe(1);
    expect(retryAfterSeconds(new NodeStoppingError('a'))).toBe(1);
  });

  it('is silent where waiting does not help', () => {
    expect(retryAfterSeconds(new ActorNotFoundError('a'))).toBeNull();
  });
});
