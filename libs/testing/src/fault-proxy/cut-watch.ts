import type { CutFault, Direction } from './fault';
import type { FaultSet, InjectedFault } from './injected-fault';
import { PatternMatcher } from './pattern-matcher';

/** Where a cut falls: so many of the bytes looked at are passed on first. */
interface Cut {
  readonly injected: InjectedFault<CutFault>;
  readonly passes: number;
}

/** Looks for the patterns of all cuts in one direction of one connection. */
export class CutWatch {
  private readonly watched = new Map<InjectedFault<CutFault>, PatternMatcher>();
  /** Bytes looked at and not yet passed on. */
  private held: Buffer = Buffer.alloc(0);

  constructor(
    private readonly faults: FaultSet,
    private readonly direction: Direction,
  ) {}

  /** Bytes that may be the beginning of a pattern. */
  get heldBytes(): number {
    return this.held.length;
  }

  /** @returns what can be passed on, and the first cut in it */
  look(bytes: Buffer): { readonly pass: Buffer; readonly cut: InjectedFault<CutFault> | undefined } {
    this.refresh();
    const all = Buffer.concat([this.held, bytes]);
    const cut = this.firstCut(all, this.held.length);
    const keep = cut === undefined ? Math.min(this.longestPartial(), all.length) : 0;
    const end = cut?.passes ?? all.length - keep;
    this.held = cut === undefined ? all.subarray(end) : Buffer.alloc(0);
    return { pass: all.subarray(0, end), cut: cut?.injected };
  }

  /** What was held back, for it has to go on: the pattern is still found when its end comes. */
  release(): Buffer {
    const { held } = this;
    this.held = Buffer.alloc(0);
    return held;
  }

  private firstCut(all: Buffer, from: number): Cut | undefined {
    for (let at = from; at < all.length; at++) {
      for (const [injected, matcher] of this.watched) {
        if (!matcher.feed(all[at] as number) || injected.isSkipped()) continue;
        const start = Math.max(0, at + 1 - matcher.length);
        return { injected, passes: injected.fault.when === 'before' ? start : all.length };
      }
    }
    return undefined;
  }

  /** Only a cut `before` has to hold anything back. */
  private longestPartial(): number {
    const partials = [...this.watched].map(([{ fault }, matcher]) => (fault.when === 'before' ? matcher.partial : 0));
    return Math.max(0, ...partials);
  }

  private refresh(): void {
    const active = new Set(this.faults.all('cut', this.direction));
    for (const injected of this.watched.keys()) if (!active.has(injected)) this.watched.delete(injected);
    for (const injected of active) {
      if (!this.watched.has(injected)) this.watched.set(injected, new PatternMatcher(injected.fault.pattern));
    }
  }
}
