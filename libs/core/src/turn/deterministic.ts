import { createHash } from 'node:crypto';
import type { EffectContext } from './effect-call';

/**
 * Randomness that a re-run repeats (P9): a stream seeded by the message id.
 * Generator: sfc32 (Chris Doty-Humphrey, PractRand), 128 bits of state from SHA-256 of the id.
 */
export class Deterministic {
  private a: number;
  private b: number;
  private c: number;
  private counter: number;

  constructor(messageId: string) {
    const seed = createHash('sha256').update(messageId).digest();
    this.a = seed.readUInt32LE(0);
    this.b = seed.readUInt32LE(4);
    this.c = seed.readUInt32LE(8);
    this.counter = seed.readUInt32LE(12);
  }

  /** 0 ≤ x < 1, 53 bits. */
  random(): number {
    return ((this.next() >>> 5) * 67_108_864 + (this.next() >>> 6)) / 9_007_199_254_740_992;
  }

  /** A version 4 UUID. */
  uuid(): string {
    const bytes = Buffer.alloc(16);
    for (let i = 0; i < 16; i += 4) bytes.writeUInt32LE(this.next(), i);
    bytes[6] = ((bytes[6] as number) & 0x0f) | 0x40;
    bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
    const hex = bytes.toString('hex');
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
  }

  private next(): number {
    const result = (this.a + this.b + this.counter) >>> 0;
    this.counter = (this.counter + 1) >>> 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) >>> 0;
    this.c = ((this.c << 21) | (this.c >>> 11)) >>> 0;
    this.c = (this.c + result) >>> 0;
    return result;
  }
}

const ofEffects = new WeakMap<EffectContext, Deterministic>();

/** The stream of one attempt of a side effect, seeded by its key: every attempt draws the same. */
export function diceOf(effect: EffectContext): Deterministic {
  let dice = ofEffects.get(effect);
  if (dice === undefined) ofEffects.set(effect, (dice = new Deterministic(effect.idempotencyKey)));
  return dice;
}
