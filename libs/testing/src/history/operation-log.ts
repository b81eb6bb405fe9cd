import { closeSync, openSync, writeSync } from 'node:fs';
import type { Invocation, OperationOutcome, OperationRecord } from './operation-record';
import { CorruptLogError } from '../errors';
import { fromJsonValue, readJsonLines, toJsonValue } from './json-lines';

export interface OperationLogOptions {
  /** Also written here, a JSON line per event; the file must not exist yet (EEXIST). Default: kept in memory only. */
  readonly file?: string;
  /** The driver's clock in ms, for people who read the file. Default: none. */
  readonly now?: () => number;
}

/** An operation under way, to be ended once. */
export type OperationHandle = number & { readonly handle: unique symbol };

type Open = { -readonly [K in keyof OperationRecord]: OperationRecord[K] };

/**
 * What the clients of a run did, written by its driver: an event when an operation is sent, another when its outcome is
 * known. Times of the records are ranks of events, so that no two are equal. Without fsync: the driver is not what is killed.
 * @publicApi
 */
export class OperationLog {
  private readonly operations: Open[] = [];
  private readonly ended = new Set<number>();
  private readonly fd: number | null;
  private readonly now: (() => number) | undefined;
  private events = 0;

  constructor({ file, now }: OperationLogOptions = {}) {
    this.now = now;
    this.fd = file === undefined ? null : openSync(file, 'wx');
  }

  invoke(invocation: Invocation): OperationHandle {
    const handle = this.operations.length as OperationHandle;
    this.operations.push({ ...invocation, invoked: ++this.events, ended: null, outcome: 'info' });
    this.write({ type: 'invoke', op: handle, ...invocation, args: toJsonValue(invocation.args) });
    return handle;
  }

  ok(handle: OperationHandle, value?: unknown): void {
    this.end(handle, 'ok', value);
  }

  /** @param reason for people */
  fail(handle: OperationHandle, reason: string): void {
    this.end(handle, 'fail', undefined, reason);
  }

  /** Its outcome will never be known. An operation that is not ended at all counts the same. @param reason for people */
  info(handle: OperationHandle, reason: string): void {
    this.end(handle, 'info', undefined, reason);
  }

  /** All operations so far, in the order they were sent. */
  records(): OperationRecord[] {
    return this.operations.map((operation) => ({ ...operation }));
  }

  close(): void {
    if (this.fd !== null) closeSync(this.fd);
  }

  private end(handle: OperationHandle, outcome: OperationOutcome, value: unknown, reason?: string): void {
    const operation = this.operations[handle];
    if (operation === undefined || this.ended.has(handle))
      throw new RangeError(`Operation ${handle} is not under way: it cannot end ${outcome}.`);
    this.ended.add(handle);
    this.events++;
    operation.outcome = outcome;
    if (outcome !== 'info') operation.ended = this.events;
    if (value !== undefined) operation.value = value;
    this.write({ type: outcome, op: handle, value: toJsonValue(value), reason });
  }

  private write(event: Readonly<Record<string, unknown>>): void {
    if (this.fd !== null) writeSync(this.fd, `${JSON.stringify({ at: this.now?.(), ...event })}\n`);
  }
}

type Event =
  | (Invocation & { readonly type: 'invoke'; readonly op: number })
  | { readonly type: OperationOutcome; readonly op: number; readonly value?: unknown };

/** The operations of a file that an {@link OperationLog} wrote. @throws CorruptLogError @publicApi */
export function readOperations(file: string): OperationRecord[] {
  const operations: Open[] = [];
  const ended = new Set<number>();
  readJsonLines(file).forEach((line, i) => {
    const corrupt = (reason: string): CorruptLogError => new CorruptLogError(file, i + 1, reason);
    const event = line as Event;
    switch (event?.type) {
      case 'invoke': {
        if (event.op !== operations.length)
          throw corrupt(`begins operation ${event.op} after ${operations.length - 1}`);
        const { id, client, ref, actor, kind, method, args, readOnly, principal, delayMs } = event;
        const rest = {
          ...(ref === undefined ? {} : { ref }),
          ...(principal === undefined ? {} : { principal }),
          ...(delayMs === undefined ? {} : { delayMs }),
        };
        const invocation = {
          id,
          client,
          actor,
          kind,
          method,
          args: fromJsonValue(args) as unknown[],
          readOnly,
          ...rest,
        };
        operations.push({ ...invocation, invoked: i + 1, ended: null, outcome: 'info' });
        break;
      }
      case 'ok':
      case 'fail':
      case 'info': {
        const operation = operations[event.op];
        if (operation === undefined || ended.has(event.op))
          throw corrupt(`ends operation ${event.op}, which is not under way`);
        ended.add(event.op);
        operation.outcome = event.type;
        if (event.type !== 'info') operation.ended = i + 1;
        if (event.value !== undefined) operation.value = fromJsonValue(event.value);
        break;
      }
      default:
        throw corrupt('is no event of an operation');
    }
  });
  return operations;
}
