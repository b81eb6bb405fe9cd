import { InvalidFaultError } from '../errors/network-errors';

/** Which way bytes go through the proxy. */
export type Direction = 'toServer' | 'toClient';

interface FaultScope {
  /** Ends by itself after so many firings. Default: it stays until removed. */
  readonly times?: number;
}

interface OneWayOrBoth extends FaultScope {
  /** Default: both. */
  readonly direction?: Direction | 'both';
}

/**
 * What a connection comes to an end by: a FIN, as from a process that exits, or a RST, as from a machine that has forgotten it.
 * (A client on Node takes a RST right behind data for a FIN.)
 */
export type Ending = 'close' | 'reset';

/** Every chunk arrives so much later; how many bytes fit on the way does not change. */
export interface DelayFault extends OneWayOrBoth {
  readonly kind: 'delay';
  readonly ms: number;
}

/** A slow line. Fires once for each piece that has to wait. */
export interface ThrottleFault extends OneWayOrBoth {
  readonly kind: 'throttle';
  readonly bytesPerSecond: number;
}

/**
 * Ends the connection where a byte pattern goes by; it may lie across chunks.
 *
 * `before`: no matched byte is passed on, and nothing after it. (What could be the beginning of the pattern is held back for 20 ms,
 * then passed on, so that a conversation does not stand still over it; the end of the pattern is never passed on.)
 *
 * `after`: the pattern and the rest of its chunk are passed on. Towards the client the connection ends there. Towards the server
 * the client gets nothing any more, and its connection ends when the server has begun to answer, or has hung up: what was asked is
 * done by then, and the client cannot know. The server's side ends in good order.
 */
export interface CutFault extends FaultScope {
  readonly kind: 'cut';
  readonly when: 'before' | 'after';
  /** Text is UTF-8. */
  readonly pattern: string | Uint8Array;
  /** Default: 'toServer'. */
  readonly direction?: Direction;
  /** Default: 'close'. */
  readonly how?: Ending;
  /** So many matches, on whatever connections, go by unharmed first. Default: 0. */
  readonly skip?: number;
}

/** Nothing comes through, and nobody is told; connections are still accepted. What was held arrives once it is removed, as TCP would repeat it. */
export interface BlackHoleFault extends OneWayOrBoth {
  readonly kind: 'blackHole';
}

/** One side is told that the other will say no more (FIN), and hears no more of it; the way back stays open. */
export interface HalfCloseFault extends FaultScope {
  readonly kind: 'halfClose';
  readonly direction: Direction;
}

/** RST to both sides of every connection: those that are open, and new ones while it stands. */
export interface ResetFault extends FaultScope {
  readonly kind: 'reset';
}

/** Each byte is a write of its own: for parsers that take a chunk for a message. Fires once for each byte. */
export interface OneByteWritesFault extends OneWayOrBoth {
  readonly kind: 'oneByteWrites';
}

/** What a {@link FaultProxy} can do to a connection. @publicApi */
export type Fault =
  DelayFault | ThrottleFault | CutFault | BlackHoleFault | HalfCloseFault | ResetFault | OneByteWritesFault;

/** Does it concern bytes that go this way? */
export function isOnWay(fault: Fault, direction: Direction): boolean {
  if (fault.kind === 'reset') return true;
  const way = fault.direction ?? (fault.kind === 'cut' ? 'toServer' : 'both');
  return way === 'both' || way === direction;
}

/** `cut before "COMMIT" toServer`: for messages. */
export function describeFault(fault: Fault): string {
  const { kind, times: _, ...rest } = fault;
  const facts = Object.values(rest).map((value) =>
    typeof value === 'object' ? JSON.stringify(Buffer.from(value).toString('latin1')) : String(value),
  );
  return [kind, ...facts].join(' ');
}

/** @throws {InvalidFaultError} */
export function checkFault(fault: Fault): void {
  const { kind, times } = fault;
  const refuse = (option: string, reason: string): never => {
    throw new InvalidFaultError(kind, option, reason);
  };
  if (times !== undefined && !isCount(times, 1)) refuse('times', 'must be a whole number from 1');
  if (kind === 'delay' && !(fault.ms > 0 && fault.ms < Infinity)) refuse('ms', 'must be a number above 0');
  if (kind === 'throttle' && !(fault.bytesPerSecond > 0 && fault.bytesPerSecond < Infinity))
    refuse('bytesPerSecond', 'must be a number above 0');
  if (kind === 'cut') {
    if (fault.pattern.length === 0) refuse('pattern', 'is empty and would match everywhere');
    if (fault.skip !== undefined && !isCount(fault.skip, 0)) refuse('skip', 'must be a whole number from 0');
  }
}

function isCount(value: number, least: number): boolean {
  return Number.isSafeInteger(value) && value >= least;
}
