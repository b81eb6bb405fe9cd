import { joinBoundaries, parseBoundaryId } from './boundary';
import { type CrashFailure, tellFailures, tellFirstRun } from './crash-report';

function failure(id: string, parts: Partial<CrashFailure> = {}): CrashFailure {
  const boundary = { id, words: `at ${id}` };
  return { boundary, during: 'invariant', error: new Error('wrong'), journal: [], effects: [], ...parts };
}

describe('the report of what crashes broke', () => {
  it('tells five in full, and names the others', () => {
    const told = tellFailures(
      [1, 2, 3, 4, 5, 6, 7].map((n) => failure(`flush#${n}.afterApply`)),
      9,
      null,
    );
    expect(told).toMatch(/^7 of 9 crash points broke it:/);
    expect(told).toContain(
      '5) flush#5.afterApply\n   died at flush#5.afterApply\n   the invariant does not hold:\n     wrong',
    );
    expect(told).not.toContain('6)');
    expect(told).toContain('   flush#6.afterApply: died at flush#6.afterApply\n   flush#7.afterApply: died');
    expect(told).not.toContain('Without a crash');
  });

  it('shows the end of a long journal, and says what it leaves out', () => {
    const journal = Array.from({ length: 25 }, (_, i) => `line ${i + 1}`);
    const told = tellFailures([failure('scenario.ended', { journal })], 1, null);
    expect(told).toContain('… 5 more\n     line 6\n');
    expect(told).not.toContain('line 5\n');
    expect(told).toContain('line 25');
  });

  it('takes the colours out of a message of the test runner', () => {
    expect(tellFirstRun(failure('none', { error: new Error('\u001b[31mred\u001b[39m') }))).toContain('   red\n');
  });

  it('says which effects were begun in which life', () => {
    const effect = { actor: 'a', messageId: 'm', args: [], attempt: 1, idempotencyKey: 'k', scope: 'handler' };
    const effects = [
      { ...effect, life: 1, name: 'charge' },
      { ...effect, life: 2, name: 'charge' },
      { ...effect, life: 3, name: 'ship' },
    ];
    const told = tellFailures([failure('scenario.ended', { effects })], 1, null);
    expect(told).toContain('side effects begun before it: charge; after it: charge, ship');
  });
});

describe('the names of boundaries', () => {
  it.each([
    ['flush#1.beforeApply', ['flush#1.beforeApply']],
    ['flush#12.afterWrite3', ['flush#12.afterWrite3']],
    ['checkpoint#2.afterSave', ['checkpoint#2.afterSave']],
    ['scenario.ended > flush#1.afterApply', ['scenario.ended', 'flush#1.afterApply']],
    ['flush#01.beforeApply', null],
    ['flush#1.afterSave', null],
    ['flush#1.afterWrite0', null],
    ['flush#1.beforeApply>flush#1.beforeApply', null],
    ['flush#1.beforeApply > ', null],
    ['none', null],
    ['', null],
  ])('%j is read as %j', (id, deaths) => {
    expect(parseBoundaryId(id)).toEqual(deaths);
  });

  it('of deaths in a row say both, and can be read back', () => {
    const deaths = ['flush#2.afterApply', 'flush#1.beforeApply'].map((id) => ({ id, words: `at ${id}` }));
    const joined = joinBoundaries(deaths);
    expect(joined.words).toBe('at flush#2.afterApply, and then during recovery at flush#1.beforeApply');
    expect(parseBoundaryId(joined.id)).toEqual(deaths.map(({ id }) => id));
    expect(joinBoundaries([])).toEqual({ id: 'none', words: 'without a crash' });
  });
});
