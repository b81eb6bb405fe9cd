import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { judgeMachine } from './machines/judge';
import { DEADLY, eventsOf, killMachine } from './machines/kill-machine';
import { MACHINE_MUTANTS } from '../mutants/catalog/machine-mutants';
import type { Observed, Step } from './machines/protocol';

const SEED = 5;

describe('a state machine and SIGKILL', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'plexspaces-machine-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('runs each event once and in order, postponed ones too, though its node dies at every point (P3, P5, P6)', () => {
    const result = killMachine(folder, DEADLY.length, SEED);
    expect(judgeMachine(result, eventsOf(DEADLY.length))).toEqual([]);
    expect(result.kills).toBeGreaterThanOrEqual(DEADLY.length / 2); // some end before they pass their point so often
  }, 600_000);

  it.each(MACHINE_MUTANTS.map((mutant) => [mutant.name, mutant] as const))(
    'the test finds a planted bug: %s',
    (_, { breaks, edits }) => {
      const complaints = judgeMachine(killMachine(folder, 2, SEED, edits), eventsOf(2));
      expect(complaints.filter((complaint) => complaint.includes(breaks))).not.toEqual([]);
    },
    600_000,
  );
});

describe('the judge of a machine', () => {
  const entry = (state: string, id: number): Step => ['entry', state, String(id)];
  const exit = (state: string, id: number): Step => ['exit', state, String(id)];
  const event = (name: string, id = ''): Step => ['event', name, id];
  const whole: readonly Step[] = [
    entry('idle', 1),
    ...[event('begin', 'e4'), exit('idle', 2), entry('busy', 3)],
    ...[event('work', 'e0'), event('work', 'e1'), event('work', 'e2'), event('work', 'e3')],
    ...[event('tire'), exit('busy', 4), entry('resting', 5)],
    ...[event('wake'), exit('resting', 6), entry('idle', 7)],
  ];

  function history(steps: readonly Step[], changes: Partial<Observed> = {}): Observed {
    const answers = ['e4', 'e0', 'e1', 'e2', 'e3'].map(
      (id) => [id, steps.findIndex((step) => step[2] === id && step[0] === 'event') + 1] as const,
    );
    const passed = steps.filter(([kind]) => kind !== 'event');
    return { state: 'idle', steps, answers, ledger: passed.map((step) => ({ step, key: step[2] })), ...changes };
  }

  it('has nothing against a whole history', () => {
    expect(judgeMachine(history(whole), 5)).toEqual([]);
  });

  const without = (at: number): Step[] => whole.filter((_, i) => i !== at);
  const twice = (at: number): Step[] => whole.flatMap((step, i) => (i === at ? [step, step] : [step]));
  const swapped = (at: number): Step[] => [
    ...whole.slice(0, at),
    whole[at + 1] as Step,
    whole[at] as Step,
    ...whole.slice(at + 2),
  ];
  it.each([
    ['an event that was lost', history(without(4)), 'work: lost e0'],
    ['an event that was run twice', history(twice(4)), 'work: run twice e0'],
    ['events in another order', history(swapped(4)), 'work: e0 ran after a later one'],
    ['an event in a state that does not take it', history(swapped(0)), 'step 0 is event begin, not entry idle'],
    ['an exit that is missing', history(without(2)), 'step 2 is entry busy, not exit idle'],
    ['an entry that came twice', history(twice(3)), 'step 4 is entry busy without an event'],
    ['an end in the middle', history(whole.slice(0, -1)), 'it ended before entry,idle,'],
    [
      'another state than the steps lead to',
      history(whole, { state: 'busy' }),
      'it is in state busy, and its steps lead to idle',
    ],
    [
      'an answer that is owed',
      history(whole, { answers: history(whole).answers.slice(1) }),
      '4 of 5 events were answered',
    ],
    [
      'an answer of another event',
      history(whole, {
        answers: history(whole).answers.map(([id, answer]) => [id, id === 'e1' ? answer - 1 : answer]),
      }),
      'e1 was answered 5, where it did not run',
    ],
    [
      'an effect that is missing',
      history(whole, { ledger: history(whole).ledger.slice(1) }),
      'the ledger knows entry idle 1 by 0 keys',
    ],
    [
      'an effect under two keys',
      history(whole, { ledger: [...history(whole).ledger, { step: entry('idle', 1), key: 'x' }] }),
      'the ledger knows entry idle 1 by 2 keys',
    ],
    [
      'an effect of a turn that left no trace',
      history(whole, { ledger: [...history(whole).ledger, { step: entry('idle', 9), key: 'x' }] }),
      'the ledger has [{"step":["entry","idle","9"],"key":"x"}]',
    ],
  ])('notices %s', (_, observed, complaint) => {
    expect(judgeMachine(observed, 5)).toContain(complaint);
  });
});
