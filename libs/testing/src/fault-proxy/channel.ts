import type { Socket } from 'node:net';
import type { Env } from '#spi';
import { CutWatch } from './cut-watch';
import { endSocket } from './end-socket';
import type { CutFault, Direction, Fault } from './fault';
import type { FaultSet, InjectedFault } from './injected-fault';
import { Wakeup } from './wakeup';

/** What is read ahead; beyond it the sender has to wait, as it would for TCP's window. */
const MAX_QUEUED_BYTES = 1024 * 1024;
/** How long the beginning of a pattern is held back when nothing follows it. */
const HOLD_MS = 20;
/** A throttled chunk leaves in pieces of so much time. */
const THROTTLED_PIECE_MS = 50;

interface Piece {
  readonly kind: 'bytes' | 'end' | 'abort';
  readonly bytes: Buffer;
  readonly arrivedAt: number;
  /** Faults that have fired for it. */
  readonly struckBy: Set<InjectedFault>;
}

export interface ChannelParts {
  readonly source: Socket;
  readonly sink: Socket;
  readonly direction: Direction;
  readonly faults: FaultSet;
  readonly env: Env;
  /** A pattern was found; what goes before the cut is not passed on yet. */
  readonly onMatch: (fault: CutFault) => void;
  /** What goes before the cut has left. */
  readonly onCut: (fault: CutFault) => void;
  /** Something came while the channel was muted. */
  readonly onMuted: () => void;
}

/**
 * One direction of a connection: a line of pieces, and one loop that passes them on in their order, as the faults in force then
 * allow. Bytes are delayed, held or cut off at the end, never lost in between or swapped.
 */
export class Channel {
  private readonly line: Piece[] = [];
  private readonly wakeup: Wakeup;
  private readonly watch: CutWatch;
  private queuedBytes = 0;
  private isClosed = false;
  private isMuted = false;

  constructor(private readonly parts: ChannelParts) {
    const { source, direction, faults, env } = parts;
    this.wakeup = new Wakeup(env);
    this.watch = new CutWatch(faults, direction);
    source.on('data', (bytes: Buffer) => this.arrive('bytes', bytes));
    source.on('end', () => this.arrive('end'));
    source.on('error', () => this.arrive('abort')); // a reset; the other side is to see it too
  }

  async run(): Promise<void> {
    while (!this.isClosed) {
      const piece = await this.next();
      if (piece === undefined) continue;
      await this.untilFree(piece);
      if (piece.kind === 'bytes') await this.passOn(piece.bytes);
      else await this.finish(piece.kind);
    }
  }

  /** The faults have changed. */
  reconsider(): void {
    this.wakeup.fire();
  }

  /** Nothing reaches the sink any more; who sends is still heard, and hung up on by nobody. */
  mute(): void {
    this.isMuted = true;
    this.wakeup.fire();
  }

  /** Tells the sink that this was all. What comes later is not passed on. */
  endSink(): void {
    this.isMuted = true;
    this.parts.sink.end();
    this.wakeup.fire();
  }

  close(): void {
    this.isClosed = true;
    this.wakeup.fire();
  }

  private arrive(kind: Piece['kind'], bytes: Buffer = Buffer.alloc(0)): void {
    if (this.isMuted) this.parts.onMuted();
    this.line.push({ kind, bytes, arrivedAt: this.parts.env.monotonic(), struckBy: new Set() });
    this.queuedBytes += bytes.length;
    if (this.queuedBytes > MAX_QUEUED_BYTES) this.parts.source.pause();
    this.wakeup.fire();
  }

  private async next(): Promise<Piece | undefined> {
    const piece = this.line.shift();
    if (piece === undefined) {
      await this.wakeup.wait(this.watch.heldBytes > 0 ? HOLD_MS : Infinity);
      if (this.line.length === 0 && this.watch.heldBytes > 0) await this.deliver(this.watch.release());
      return undefined;
    }
    this.queuedBytes -= piece.bytes.length;
    if (this.queuedBytes <= MAX_QUEUED_BYTES) this.parts.source.resume();
    return piece;
  }

  /** Waits as long as a fault holds the line. */
  private async untilFree(piece: Piece): Promise<void> {
    const { faults, direction, env } = this.parts;
    while (!this.isClosed && !this.isMuted) {
      const hole = faults.find('blackHole', direction);
      if (hole !== undefined) {
        this.strike(hole, piece);
        await this.wakeup.wait();
        continue;
      }
      const delay = faults.find('delay', direction);
      const leftMs = delay === undefined ? 0 : piece.arrivedAt + delay.fault.ms - env.monotonic();
      if (delay === undefined || leftMs <= 0) return;
      this.strike(delay, piece);
      await this.wakeup.wait(leftMs);
    }
  }

  private strike(injected: InjectedFault<Extract<Fault, { kind: 'blackHole' | 'delay' }>>, piece: Piece): void {
    if (piece.struckBy.has(injected)) return;
    piece.struckBy.add(injected);
    injected.fire();
  }

  private async passOn(bytes: Buffer): Promise<void> {
    if (this.isClosed || this.isMuted) return;
    const { pass, cut } = this.watch.look(bytes);
    if (cut !== undefined) this.parts.onMatch(cut.fault);
    cut?.fire();
    await this.deliver(pass);
    if (cut !== undefined) this.parts.onCut(cut.fault);
  }

  private async finish(kind: 'end' | 'abort'): Promise<void> {
    await this.deliver(this.watch.release());
    if (this.isClosed) return;
    if (kind === 'abort') endSocket(this.parts.sink, 'reset');
    else if (!this.isMuted) this.parts.sink.end();
  }

  private async deliver(bytes: Buffer): Promise<void> {
    const { faults, direction, env } = this.parts;
    for (let at = 0; at < bytes.length && !this.isClosed && !this.isMuted;) {
      const single = faults.find('oneByteWrites', direction);
      const slow = faults.find('throttle', direction);
      const size = single ? 1 : slow ? pieceSize(slow.fault.bytesPerSecond) : bytes.length;
      const slice = bytes.subarray(at, at + size);
      at += slice.length;
      await this.write(slice);
      single?.fire();
      if (single !== undefined) await new Promise<void>((resolve) => env.immediate(resolve));
      if (slow !== undefined) await this.waitSlowly(slow, slice.length);
    }
  }

  private async waitSlowly(slow: InjectedFault<Extract<Fault, { kind: 'throttle' }>>, bytes: number): Promise<void> {
    const { env, faults, direction } = this.parts;
    const until = env.monotonic() + (bytes / slow.fault.bytesPerSecond) * 1000;
    slow.fire();
    for (;;) {
      const leftMs = until - env.monotonic();
      if (leftMs <= 0 || this.isClosed || faults.find('throttle', direction) !== slow) return;
      await this.wakeup.wait(leftMs);
    }
  }

  /** Resolves when the kernel has it, or the connection is gone: its error is the other channel's to pass on. */
  private write(bytes: Buffer): Promise<void> {
    const { sink } = this.parts;
    if (!sink.writable) return Promise.resolve();
    return new Promise((resolve) => sink.write(bytes, () => resolve()));
  }
}

function pieceSize(bytesPerSecond: number): number {
  return Math.max(1, Math.floor((bytesPerSecond * THROTTLED_PIECE_MS) / 1000));
}
