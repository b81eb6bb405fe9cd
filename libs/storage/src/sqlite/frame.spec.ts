import fc from 'fast-check';
import type { EntryRecord } from '#spi';
import { joinEntries, offsetAfter, splitFrame } from './frame';

const all = { afterSeq: 0, throughSeq: Infinity };
const texts = (entries: readonly EntryRecord[]): unknown[] =>
  entries.map(({ seq, bytes }) => [seq, Buffer.from(bytes).toString('hex')]);
const entriesOf = (payloads: readonly Uint8Array[]): EntryRecord[] =>
  payloads.map((bytes, i) => ({ seq: i + 1, bytes }));
const payloads = fc.array(fc.uint8Array({ maxLength: 300 }), { minLength: 1, maxLength: 20 });

describe('a frame', () => {
  it('gives back the entries it was made of', () => {
    fc.assert(
      fc.property(payloads, (given) => {
        const entries = entriesOf(given);
        const seen: EntryRecord[] = [];
        expect(splitFrame(joinEntries(entries), 1, entries.length, all, seen)).toBeNull();
        expect(texts(seen)).toEqual(texts(entries));
      }),
    );
  });

  it('gives back those of a range', () => {
    fc.assert(
      fc.property(payloads, fc.nat(25), fc.nat(25), (given, afterSeq, throughSeq) => {
        const entries = entriesOf(given);
        const seen: EntryRecord[] = [];
        splitFrame(joinEntries(entries), 1, entries.length, { afterSeq, throughSeq }, seen);
        expect(texts(seen)).toEqual(texts(entries.filter(({ seq }) => seq > afterSeq && seq <= throughSeq)));
      }),
    );
  });

  it('can be cut after any entry', () => {
    fc.assert(
      fc.property(payloads, fc.nat(), (given, somewhere) => {
        const entries = entriesOf(given);
        const count = somewhere % entries.length;
        const frame = joinEntries(entries);
        const rest: EntryRecord[] = [];
        expect(
          splitFrame(frame.subarray(offsetAfter(frame, count)), count + 1, entries.length - count, all, rest),
        ).toBeNull();
        expect(texts(rest)).toEqual(texts(entries.slice(count)));
      }),
    );
  });

  it.each([
    ['inside a length', (frame: Uint8Array) => frame.subarray(0, 2), 1],
    ['inside an entry', (frame: Uint8Array) => frame.subarray(0, 6), 1],
    ['holds 1 entries instead of 2', (frame: Uint8Array) => frame, 2],
  ])('says so when it %s', (reason, damage, count) => {
    const frame = damage(joinEntries(entriesOf([new Uint8Array(5)])));
    expect(splitFrame(frame, 1, count, all, [])).toContain(reason);
  });
});
