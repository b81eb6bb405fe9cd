import fc from 'fast-check';
import { ExpiryQueue } from './expiry-queue';

describe('an expiry queue', () => {
  it('gives out what has expired, the earliest first, and nothing else', () => {
    const times = fc.array(fc.integer({ min: 0, max: 50 }), { maxLength: 60 });
    fc.assert(
      fc.property(times, fc.integer({ min: -1, max: 51 }), (given, nowMs) => {
        const queue = new ExpiryQueue<number>();
        for (const at of given) queue.add(at, at);
        const taken: number[] = [];
        for (let item = queue.take(nowMs); item !== undefined; item = queue.take(nowMs)) taken.push(item);
        expect(taken).toEqual(given.filter((at) => at <= nowMs).sort((a, b) => a - b));
      }),
    );
  });
});
