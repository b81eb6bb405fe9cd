import { Overlap } from './overlap';

/** Callers that wait for their answers: `callers` writes are under way, in one flush or in two that take turns. */
function run(
  overlap: Overlap,
  flushes: number,
  callers: number,
  msOf: (writes: number, isOn: boolean) => number,
): void {
  for (let i = 0; i < flushes; i++) {
    const writes = overlap.isOn ? Math.ceil(callers / 2) : callers;
    clock += msOf(writes, overlap.isOn);
    overlap.flushed(writes, clock);
  }
}

/** What a flush costs whatever its size, what each write costs the store, and what it costs the process. */
const model =
  (fixed: number, store: number, work: number) =>
  (writes: number, isOn: boolean): number => {
    const [flush, own] = [fixed + store * writes, work * writes];
    return isOn ? Math.max(flush, own) : flush + own;
  };

let clock = 0;
/** More than it takes to try both. */
const LONG = 1_500;

describe('whether answers are given while the next flush is under way', () => {
  it.each([
    ['the process works about as long as a quick disk', model(1, 0.02, 0.05), true],
    ['many callers, a store far away', model(4, 0.01, 0.05), 200, true],
    ['a slow disk, little to do meanwhile', model(8, 0.01, 0.02), false],
    ['nothing to do meanwhile', model(1, 0.05, 0), false],
  ])('is measured: %s', (_, cost, ...rest) => {
    const expected = rest.at(-1) as boolean;
    const callers = rest.length === 2 ? (rest[0] as number) : 50;
    const overlap = new Overlap('auto');
    run(overlap, LONG, callers, cost);
    expect(overlap.isOn).toBe(expected);
  });

  it('follows what changes, and goes back', () => {
    const overlap = new Overlap('auto');
    run(overlap, LONG, 50, model(1, 0.02, 0.05));
    expect(overlap.isOn).toBe(true);
    run(overlap, LONG, 50, model(8, 0.01, 0.02));
    expect(overlap.isOn).toBe(false);
  });

  it('is left alone where few write at a time, or no time passes', () => {
    const [few, frozen] = [new Overlap('auto'), new Overlap('auto')];
    const seen = new Set<boolean>();
    for (let i = 0; i < LONG; i++) {
      run(few, 1, 3, model(1, 0, 1));
      run(frozen, 1, 50, () => 0);
      seen.add(few.isOn);
    }
    expect([...seen]).toEqual([false]);
    expect(frozen.isOn).toBe(false);
  });

  it('calms down when the load is gone', () => {
    const overlap = new Overlap('auto');
    run(overlap, LONG, 50, model(1, 0.02, 0.05));
    run(overlap, 1, 1, model(1, 0.02, 0.05));
    expect(overlap.isOn).toBe(false);
  });

  it('is what the option says, whatever is measured', () => {
    const [always, never] = [new Overlap('always'), new Overlap('never')];
    run(always, LONG, 50, model(8, 0.01, 0));
    run(never, LONG, 50, model(0, 0.02, 0.05));
    expect([always.isOn, never.isOn]).toEqual([true, false]);
  });
});
