import type { OperationRecord } from './operation-record';

/** All attempts of clients under one id. A read is a request of its own, whatever its id. */
export interface Request extends Pick<
  OperationRecord,
  'id' | 'client' | 'actor' | 'kind' | 'method' | 'args' | 'readOnly'
> {
  /** The ids that its message may have in the journal. */
  readonly messageIds: readonly string[];
  readonly attempts: readonly OperationRecord[];
  /** Its attempts were sent through several lines: it has no place in any of them (P2). */
  readonly changedLine: boolean;
  /** First time it was sent. */
  readonly invoked: number;
  /** Last time it was sent. */
  readonly lastInvoked: number;
  /** The attempt that was first known to be `ok`. */
  readonly acked: OperationRecord | null;
  readonly isUnknown: boolean;
  readonly isDelayed: boolean;
}

/** `ok` once any attempt was; `unknown` while none was and one may have been. */
export function groupRequests(operations: readonly OperationRecord[]): Request[] {
  const groups = new Map<string, OperationRecord[]>();
  operations.forEach((operation, i) => {
    const { actor, principal, id, readOnly } = operation;
    const group = JSON.stringify(readOnly ? [i] : [actor, principal ?? '', id]);
    const attempts = groups.get(group);
    if (attempts === undefined) groups.set(group, [operation]);
    else attempts.push(operation);
  });
  return [...groups.values()].map(toRequest);
}

function toRequest(attempts: readonly OperationRecord[]): Request {
  const { id, client, actor, kind, method, args, readOnly, principal = '' } = attempts[0] as OperationRecord;
  const acked = attempts
    .filter(({ outcome }) => outcome === 'ok')
    .reduce<OperationRecord | null>((first, each) => (endOf(first) <= endOf(each) ? first : each), null);
  return {
    id,
    client,
    actor,
    kind,
    method,
    args,
    readOnly,
    messageIds: [id, `key/${principal.length}/${principal}/${id}`],
    attempts,
    changedLine: attempts.some((attempt) => attempt.client !== client),
    invoked: Math.min(...attempts.map(({ invoked }) => invoked)),
    lastInvoked: Math.max(...attempts.map(({ invoked }) => invoked)),
    acked,
    isUnknown: acked === null && attempts.some(({ outcome }) => outcome === 'info'),
    isDelayed: attempts.some(({ delayMs = 0 }) => delayMs > 0),
  };
}

function endOf(operation: OperationRecord | null): number {
  return operation?.ended ?? Infinity;
}
