import { MUTANTS } from './catalog';
import type { Mutant } from './mutant';
import { runMutant } from './run-mutant';

// A few of the planted bugs, one for each way in which the simulation finds them. All of them, on more seeds: npm run mutants

const SEEDS = [50] as const;
const SAMPLE: readonly (readonly [name: string, blamed: RegExp])[] = [
  ['no dedupe', /\bH2\b/],
  ['answer before the commit', /\bH[15]\b|ticks were acknowledged/],
  ['effect not recorded', /\bH(5|6|12)\b/],
  ['accepted work forgotten', /LivenessError/],
  ['held line opens by itself', /\bD5\b/],
  ['revival forgets the records', /\bD4\b/],
];
const LIMIT_MS = 120_000;

function planted(name: string): Mutant {
  const mutant = MUTANTS.find((each) => each.name === name);
  if (mutant === undefined) throw new Error(`no planted bug is called ${name}`);
  return mutant;
}

describe('the simulation, in fifty seeds', () => {
  it.each(SAMPLE)(
    'finds: %s',
    async (name, blamed) => {
      const { found, first } = await runMutant(planted(name), SEEDS);
      expect(found).toBeGreaterThan(0);
      expect(first?.message).toMatch(blamed);
    },
    LIMIT_MS,
  );

  it(
    'finds nothing where nothing is planted',
    async () => {
      const sound: Mutant = { name: 'none', breaks: '', what: '', edits: [] };
      expect(await runMutant(sound, SEEDS)).toEqual({ name: 'none', seeds: 50, found: 0, first: null });
    },
    LIMIT_MS,
  );

  it(
    'does not take a bug for found that keeps the sources from loading',
    async () => {
      const [edit] = planted('no dedupe').edits;
      const broken = { ...planted('no dedupe'), edits: [{ ...edit!, put: 'throw new Error("broken"); function (' }] };
      expect(await runMutant(broken, SEEDS)).toMatchObject({ seeds: 0, found: 0 });
    },
    LIMIT_MS,
  );

  it(
    'nor one whose run was ended before it had judged anything',
    async () => {
      const [edit] = planted('no dedupe').edits;
      const killed = {
        ...planted('no dedupe'),
        edits: [{ ...edit!, put: `${edit!.find};process.kill(process.pid, 'SIGKILL');` }],
      };
      expect(await runMutant(killed, SEEDS)).toMatchObject({
        found: 0,
        first: { message: expect.stringContaining('SIGKILL') },
      });
    },
    LIMIT_MS,
  );
});
