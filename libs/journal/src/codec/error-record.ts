import { types } from 'node:util';
import { decodePayload, encodePayload } from './payload-codec';

/** An error as it is journaled and crosses a process: never a stack (DESIGN, style §6.3). */
export interface ErrorRecord {
  readonly name: string;
  readonly code: string;
  readonly message: string;
  /** Whatever facts the error carried that the codec can keep. */
  readonly details: unknown;
  /** HTTP status of an `HttpException`; 0 for anything else. */
  readonly status: number;
  readonly cause: ErrorRecord | null;
}

const MAX_CAUSES = 5;
const MAX_MESSAGE = 16_384;
/** An error is a fact about a turn, not a place for data: what does not fit is dropped. */
const DETAIL_LIMITS = { maxBytes: 65_536, maxDepth: 16 };
/** In fields of their own, or never kept. */
const ELSEWHERE = new Set(['name', 'message', 'stack', 'cause']);

/** What can be kept of anything that was thrown. Never throws: it runs where something already went wrong. */
export function toErrorRecord(error: unknown): ErrorRecord {
  return record(error, MAX_CAUSES);
}

function record(error: unknown, causesLeft: number): ErrorRecord {
  if (!isError(error)) return thrownValue(error);
  if (error instanceof RecordedError) return withoutDeepCauses(error.record, causesLeft);
  const code = read(error, 'code');
  const cause = read(error, 'cause');
  const http = httpFacts(error);
  return {
    name: clip(read(error, 'name')) || 'Error',
    code: typeof code === 'string' ? clip(code) : '',
    message: clip(read(error, 'message')),
    details: http?.details ?? detailsOf(error, typeof code === 'string'),
    status: http?.status ?? 0,
    cause: cause === undefined || cause === null || causesLeft === 0 ? null : record(cause, causesLeft - 1),
  };
}

/** An error read back from a record. Says what the record says; its stack is only its name and message. @publicApi */
export class RecordedError extends Error {
  readonly code: string;
  readonly details: unknown;
  readonly status: number;
  /** @internal */
  declare readonly record: ErrorRecord;

  constructor(record: ErrorRecord, cause?: Error) {
    super(record.message, cause === undefined ? undefined : { cause });
    this.name = record.name;
    this.code = record.code;
    this.details = record.details;
    this.status = record.status;
    Object.defineProperty(this, 'record', { value: record, enumerable: false });
    this.stack = `${record.name}: ${record.message}`; // stays hidden; defining it anew would format the real one first
  }

  toJSON(): ErrorRecord {
    return this.record;
  }
}

export type ErrorFactory = (record: ErrorRecord, cause: Error | undefined) => Error;

const factories = new Map<string, ErrorFactory>();

/**
 * Says how errors of this name, or of this code (looked up first), become errors again. The last registration wins.
 * 'HttpException' stands for all that carry an HTTP status.
 */
export function registerErrorFactory(nameOrCode: string, factory: ErrorFactory): void {
  factories.set(nameOrCode, factory);
}

/** Inverse of {@link toErrorRecord} as far as the registered factories reach, else a {@link RecordedError}. */
export function fromErrorRecord(record: ErrorRecord): Error {
  const cause = record.cause === null ? undefined : fromErrorRecord(record.cause);
  const factory =
    factories.get(record.code) ??
    factories.get(record.name) ??
    (record.status === 0 ? undefined : factories.get('HttpException'));
  return factory === undefined ? new RecordedError(record, cause) : factory(record, cause);
}

function withoutDeepCauses(record: ErrorRecord, causesLeft: number): ErrorRecord {
  if (record.cause === null) return record;
  return { ...record, cause: causesLeft === 0 ? null : withoutDeepCauses(record.cause, causesLeft - 1) };
}

function thrownValue(value: unknown): ErrorRecord {
  const message = `${describe(value)} was thrown instead of an Error`;
  return { name: 'NonError', code: '', message, details: keep(value)?.value ?? null, status: 0, cause: null };
}

function describe(value: unknown): string {
  if (typeof value === 'string') return clip(JSON.stringify(value));
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'object' && value !== null) return 'an object';
  return clip(String(value));
}

/** `HttpException` known by its shape: this library does not depend on Nest. */
function httpFacts(error: Error): { status: number; details: unknown } | undefined {
  try {
    const { getStatus, getResponse } = error as { getStatus?: unknown; getResponse?: unknown };
    if (typeof getStatus !== 'function' || typeof getResponse !== 'function') return undefined;
    const status: unknown = getStatus.call(error);
    if (typeof status !== 'number') return undefined;
    return { status, details: keep(getResponse.call(error))?.value ?? null };
  } catch {
    return undefined;
  }
}

/** Own facts, as many as can be kept and fit. */
function detailsOf(error: Error, codeIsKept: boolean): Record<string, unknown> | null {
  const facts: Record<string, unknown> = {};
  let bytesLeft = DETAIL_LIMITS.maxBytes;
  for (const key of keysOf(error)) {
    if (ELSEWHERE.has(key) || key === '__proto__' || (key === 'code' && codeIsKept)) continue;
    const kept = keep(read(error, key));
    if (kept?.value === undefined || kept.bytes > bytesLeft) continue;
    facts[key] = kept.value;
    bytesLeft -= kept.bytes;
  }
  return bytesLeft === DETAIL_LIMITS.maxBytes ? null : facts;
}

/** A copy, since the error's owner may go on changing what it points to; `undefined` for what cannot be kept. */
function keep(value: unknown): { readonly value: unknown; readonly bytes: number } | undefined {
  try {
    const bytes = encodePayload(value, DETAIL_LIMITS);
    return { value: decodePayload(bytes), bytes: bytes.length };
  } catch {
    return undefined;
  }
}

function isError(value: unknown): value is Error {
  try {
    return value instanceof Error || types.isNativeError(value);
  } catch {
    return false; // a revoked Proxy
  }
}

function keysOf(error: Error): string[] {
  try {
    return Object.keys(error);
  } catch {
    return [];
  }
}

function read(error: Error, key: string): unknown {
  try {
    return (error as unknown as Record<string, unknown>)[key];
  } catch {
    return undefined;
  }
}

/** Text that every store keeps: well-formed and of bounded length. */
function clip(text: unknown): string {
  if (typeof text !== 'string') return '';
  const whole =
    text.length <= MAX_MESSAGE ? text : `${text.slice(0, MAX_MESSAGE)}… (${text.length - MAX_MESSAGE} more characters)`;
  return (whole as string & { toWellFormed(): string }).toWellFormed();
}
