/**
 * Finds a byte pattern in a stream, byte by byte, wherever the chunks end (Knuth, Morris, Pratt). After a match it starts anew:
 * matches do not overlap.
 */
export class PatternMatcher {
  private readonly pattern: Uint8Array;
  /** For each length of a partial match: the next shorter one to fall back to. */
  private readonly fallback: number[] = [0];
  private matched = 0;

  constructor(pattern: string | Uint8Array) {
    this.pattern = typeof pattern === 'string' ? Buffer.from(pattern) : pattern;
    for (let at = 1, length = 0; at < this.pattern.length; at++) {
      while (length > 0 && this.pattern[at] !== this.pattern[length]) length = this.fallback[length - 1] as number;
      if (this.pattern[at] === this.pattern[length]) length++;
      this.fallback.push(length);
    }
  }

  /** How many bytes seen last may be the beginning of the pattern. */
  get partial(): number {
    return this.matched;
  }

  get length(): number {
    return this.pattern.length;
  }

  /** @returns whether this byte completes the pattern */
  feed(byte: number): boolean {
    while (this.matched > 0 && this.pattern[this.matched] !== byte)
      this.matched = this.fallback[this.matched - 1] as number;
    if (this.pattern[this.matched] === byte) this.matched++;
    if (this.matched < this.pattern.length) return false;
    this.matched = 0;
    return true;
  }
}
