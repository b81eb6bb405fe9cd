import { SimDisk } from '../../libs/testing/src/simulation/disk';
import { checkpointFaultCases } from './sim-disk/checkpoint-cases';
import { faultCases } from './sim-disk/fault-cases';
import { mutated, mutants } from './sim-disk/mutants';
import { powerCases } from './sim-disk/power-cases';

const cases = [...powerCases, ...faultCases, ...checkpointFaultCases];

describe('SimDisk', () => {
  it.each(cases.map(({ name, run }) => [name, run] as const))('%s', async (_, run) => {
    await run((options) => new SimDisk(options));
  });
});

describe('the cases of SimDisk', () => {
  it.each(mutants.flatMap((mutant) => mutant.noticedBy.map((start) => [mutant.bug, start, mutant] as const)))(
    'find “%s”: %s …',
    async (_, start, mutant) => {
      const found = cases.filter(({ name }) => name.startsWith(start));
      expect(found).toHaveLength(1);
      await expect(found[0]!.run(mutated(mutant))).rejects.toThrow();
    },
  );

  it('are each known to fail for some bug', () => {
    const starts = mutants.flatMap(({ noticedBy }) => noticedBy);
    expect(cases.filter(({ name }) => !starts.some((start) => name.startsWith(start)))).toEqual([]);
  });
});
