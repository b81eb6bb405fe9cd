import { type HistoryInput, type HistoryRule, assertHistory, checkHistory } from 'plexspaces/testing';
import { A, B, BOOK, Draft, type DraftTurn, call, goodDraft } from './draft';
import { models } from './bank';

type Forgery = (draft: Draft) => unknown;

/** Puts a turn where another one is, and the other way round. */
function swap(draft: Draft, actor: string, first: string, second: string): void {
  const turns = draft.journals[actor]!;
  const at = (id: string): number => turns.findIndex((turn) => typeof turn === 'object' && turn.id === id);
  const [i, j] = [at(first), at(second)];
  [turns[i], turns[j]] = [turns[j]!, turns[i]!];
}

function renumber(draft: Draft, from: number, by: number): void {
  draft.entries = (actor, entries) =>
    actor === A ? entries.map((entry) => ({ ...entry, seq: entry.seq >= from ? entry.seq + by : entry.seq })) : entries;
}

const late: DraftTurn = { id: 'late', method: 'add', args: [3], result: 1_109 };

const forgeries: Record<HistoryRule, Record<string, Forgery>> = {
  H1: {
    'an answered ask is not in the journal': (draft) =>
      draft.operation({ id: 'lost', actor: B, method: 'add', args: [1], value: 27 }),
    'an accepted tell is neither in the journal nor in the inbox': (draft) =>
      draft.operation({ id: 'lost', actor: B, method: 'add', args: [1], kind: 'tell' }),
    'an answered ask has a turn that never ended': (draft) =>
      draft.done(B, { id: 'lost', method: 'add', args: [1], end: 'open' }, { value: 27 }),
    'an answer came from an actor without a journal': (draft) =>
      draft.operation({ id: 'lost', actor: 'default/default/account/nobody', method: 'add', args: [1], value: 1 }),
  },
  H2: {
    'an ask is applied twice': (draft) => draft.turn(B, { id: 'b1', method: 'add', args: [1], result: 27 }),
    'a tell is applied twice': (draft) =>
      draft
        .done(B, { id: 'tt', method: 'add', args: [1], result: 27 }, { kind: 'tell' })
        .turn(B, { id: 'tt', method: 'add', args: [1], result: 28 }),
    'what was only refused is applied': (draft) =>
      draft.done(A, { id: 'no', method: 'add', args: [1], result: 1_107 }, { outcome: 'fail' }),
    'nobody sent it': (draft) => draft.turn(A, late),
    'the final count is less than was acknowledged': (draft) =>
      (draft.finals = (finals) => ({ ...finals, [A]: 1_105 })),
    'the final count is more than was ever sent': (draft) => (draft.finals = (finals) => ({ ...finals, [A]: 11_107 })),
  },
  H3: {
    'two tells of one client change places': (draft) => {
      swap(draft, A, 't1', 't2');
      draft.editTurn(A, 't2', { result: 1_011 }).editTurn(A, 't1', { result: 1_111 });
    },
    'two sends of one actor change places': (draft) => swap(draft, BOOK, 'k3/0', 'k4/0'),
    'an earlier tell still waits while a later one is through': (draft) => {
      draft.editTurn(A, 't1', null).editTurn(A, 't2', { result: 1_011 }).editTurn(A, 'k5', {});
      draft.pending[A] = ['t1'];
      draft.finals = (finals) => finals;
    },
    'an earlier send still waits while a later one is through': (draft) => {
      draft.editTurn(BOOK, 'k3/0', null);
      draft.pending[BOOK] = ['k3/0'];
    },
  },
  H4: {
    'a gap in seq': (draft) => renumber(draft, 9, 1),
    'a seq twice': (draft) => renumber(draft, 9, -1),
    'a journal that begins late': (draft) => renumber(draft, 1, 5),
    'two writers of one epoch': (draft) => draft.journals[A]!.push(2),
    'a writer of an older epoch': (draft) => draft.journals[A]!.push(1),
  },
  H5: {
    'the answer is not the journaled one': (draft) => draft.edit('k1', { value: 2 }),
    'a repeat is answered otherwise': (draft) =>
      draft.operation({ id: 'k2', actor: A, method: 'charge', args: [10], value: 8 }),
    'an answer was given for a turn that failed': (draft) =>
      draft.editTurn(A, 'p1', { end: 'error' }).edit('p1', { outcome: 'ok', value: 1 }),
  },
  H6: {
    'an effect is recorded and was never called': (draft) => {
      draft.ledger.shift();
      draft.observations.shift();
    },
    'an effect is called after its record was seen': (draft) => draft.ledger.push(call(A, 'k2', 12)),
    'an effect is recorded twice': (draft) =>
      (draft.entries = (actor, entries) => {
        if (actor !== A) return entries;
        const at = entries.findIndex(({ kind }) => kind === 'SideEffectExecuted');
        return [...entries.slice(0, at + 1), entries[at]!, ...entries.slice(at + 1)].map((entry, i) => ({
          ...entry,
          seq: i + 1,
        }));
      }),
    'the recorded result is none that the call gave': (draft) => (draft.ledger[0] = call(A, 'k2', 70)),
    'the recorded result is that of a call that failed': (draft) =>
      (draft.ledger[0] = { ...call(A, 'k2', 7), failed: true }),
    'a record that was seen is called under a key that has lost a line': (draft) => {
      draft.ledger.splice(1, 1);
    },
  },
  H7: {
    'a send is lost': (draft) => draft.editTurn(BOOK, 'k4/0', null),
    'a send is lost that nobody else was sent after': (draft) => {
      draft.done(A, {
        id: 'k9',
        method: 'forward',
        sends: [{ id: 'k9/0', receiver: 'default/default/book/other', method: 'note', args: ['a', 2] }],
        result: 2,
      });
    },
    'a send is received twice': (draft) =>
      draft.turn(BOOK, { id: 'k4/0', method: 'note', args: ['a', 1], sender: A, causationId: 'k4' }),
    'a send of a failed turn is received': (draft) =>
      draft.turn(BOOK, { id: 'p1/0', method: 'note', args: ['a', 2], sender: A, causationId: 'p1' }),
    'a failed turn has sends': (draft) =>
      draft.editTurn(A, 'p1', { sends: [{ id: 'p1/0', receiver: B, method: 'add', args: [1] }] }),
    'an ask that no turn made is received': (draft) =>
      draft.turn(B, { id: 'k1/0', method: 'add', args: [5], sender: A, causationId: 'k1', result: 31 }),
  },
  H11: {
    'a stale read': (draft) => draft.read(A, 11),
    'a read of what is never written': (draft) => draft.read(B, 7),
    'two reads that see two writes in turn and then not': (draft) => {
      const time = 1_000;
      draft
        .done(
          B,
          { id: 'w1', method: 'add', args: [100], result: 126 },
          { invoked: time, ended: time + 100, client: 'x' },
        )
        .read(B, 126, { invoked: time + 10, ended: time + 20, client: 'y' })
        .read(B, 26, { invoked: time + 30, ended: time + 40, client: 'z' });
    },
    'a read of an unknown operation that was never journaled': (draft) => draft.read(A, 11_106),
    'asks that took effect in the order of the journal, and not of time': (draft) =>
      draft
        .done(B, { id: 'x1', method: 'add', args: [1], result: 27 }, { client: 'x', invoked: 1_010, ended: 1_015 })
        .done(B, { id: 'x2', method: 'add', args: [1], result: 28 }, { client: 'y', invoked: 1_000, ended: 1_005 }),
    'a search that has to give up': (draft) => {
      for (let i = 0; i < 12; i++)
        draft.done(B, { id: `s${i}`, method: 'add', args: [2 ** i], result: 25 + 2 ** (i + 1) }, { kind: 'tell' });
      draft.read(B, 1);
    },
  },
  H12: {
    'the state is not what the journal says': (draft) =>
      (draft.actor = (history) => {
        if (history.actor !== A) return history;
        const wrong = { ...history.replayed, forwarded: 3 };
        return { ...history, recovered: wrong, replayed: wrong };
      }),
    'a checkpoint that differs': (draft) =>
      (draft.actor = (history) =>
        history.actor === A ? { ...history, recovered: { ...history.recovered, value: 5 } } : history),
    'a checkpoint without a field': (draft) =>
      (draft.actor = (history) => (history.actor === BOOK ? { ...history, recovered: {} } : history)),
    'the final read is within bounds and not what the journal says': (draft) =>
      (draft.finals = (finals) => ({ ...finals, [A]: 1_107 })),
    'a journaled answer that the messages do not make': (draft) =>
      draft.editTurn(A, 'k1', { result: 2 }).edit('k1', { value: 2 }),
    'a turn that cannot have succeeded': (draft) =>
      draft.editTurn(A, 'p1', { end: 'ok' }).edit('p1', { outcome: 'info', ended: null }),
  },
};

describe('a forged history', () => {
  it('is one that passes before it is forged', () => {
    const { verdict, problems, invalid, figures } = checkHistory(goodDraft().make());
    expect({ verdict, problems, invalid }).toEqual({ verdict: 'passed', problems: [], invalid: [] });
    expect(figures).toMatchObject({ requests: 12, ok: 10, failed: 1, unknown: 1, effects: 3, sends: 2, turns: 13 });
  });

  const cases = Object.entries(forgeries).flatMap(([rule, named]) =>
    Object.entries(named).map(([name, forge]) => ({ rule, name, forge })),
  );
  it.each(cases)('is caught by $rule, and by no other rule: $name', ({ rule, forge }) => {
    const draft = goodDraft();
    forge(draft);
    const { verdict, problems } = checkHistory({ ...draft.make(), maxConfigurations: 2_000 });
    expect({ verdict, rules: [...new Set(problems.map((problem) => problem.rule))], problems }).toEqual({
      verdict: 'violated',
      rules: [rule],
      problems,
    });
  });

  it('is caught with a model that changes its state in place', () => {
    const input = goodDraft().make();
    const apply = (state: { value: number }, { args }: { readonly args: readonly unknown[] }) => {
      state.value += Number(args[0]);
      return { state, answer: state.value };
    };
    const { problems } = checkHistory({ ...input, models: { account: { initial: { value: 0 }, apply } } });
    expect(problems[0]).toMatchObject({ rule: 'H12', message: expect.stringContaining('Cannot assign to read only') });
  });

  it.each([
    ['one ref', '0', ['H3']],
    ['two refs', '1', []],
  ])('has an order where tells went through %s', (_, ref, rules) => {
    const draft = goodDraft();
    forgeries.H3['two tells of one client change places']!(draft);
    draft.edit('t1', { ref: '0' }).edit('t2', { ref });
    expect(checkHistory(draft.make()).problems.map(({ rule }) => rule)).toEqual(rules);
  });

  it('has an order through two refs where an ask was answered before the other was sent', () => {
    const draft = goodDraft();
    draft
      .done(B, { id: 'u2', method: 'add', args: [1], result: 27 })
      .done(B, { id: 'u1', method: 'add', args: [1], result: 28 });
    const [later, earlier] = draft.operations.splice(-2);
    draft.operations.push(
      { ...earlier!, invoked: 1_000, ended: 1_001, ref: '0' },
      { ...later!, invoked: 1_002, ended: 1_003, ref: '1' },
    );
    expect(checkHistory(draft.make()).problems.map(({ rule }) => rule)).toContain('H3');
  });

  it('names the operation that no order explains, and says so when the search gave up', () => {
    const stale = goodDraft().read(A, 11).make();
    expect(checkHistory(stale).problems).toEqual([
      {
        rule: 'H11',
        actor: A,
        message: expect.stringMatching(/^no order of its 9 operations explains current\(\) read → 11/),
      },
    ]);
    expect(checkHistory({ ...stale, maxConfigurations: 1 }).problems[0]!.message).toMatch(/^no order was found/);
  });

  it('has at least two cases for every rule', () => {
    for (const named of Object.values(forgeries)) expect(Object.keys(named).length).toBeGreaterThanOrEqual(2);
  });
});

describe('a run that proves nothing', () => {
  const invalid = (draft: Draft, given: Partial<HistoryInput> = {}) => {
    const { verdict, problems, invalid: reasons } = checkHistory({ ...draft.make(), ...given });
    return { verdict, problems, reasons: reasons.map(({ reason }) => reason) };
  };

  /** Reads that nobody got an answer to. */
  function unanswered(count: number): Draft {
    const draft = goodDraft();
    for (let i = 0; i < count; i++) draft.read(A, 0, { outcome: 'info', ended: null });
    return draft;
  }

  it('is invalid, not passed, when too few of its requests were ok', () => {
    expect(invalid(unanswered(0))).toEqual({ verdict: 'passed', problems: [], reasons: [] }); // 10 of 12
    expect(invalid(unanswered(1))).toEqual({ verdict: 'invalid', problems: [], reasons: ['too few ok'] }); // 10 of 13
    expect(invalid(unanswered(1), { minOkShare: 0.75 })).toEqual({ verdict: 'passed', problems: [], reasons: [] });
  });

  it.each([
    [79, 'invalid'],
    [80, 'passed'],
  ])('is, at %d of 100, %s', (ok, verdict) => {
    const operations = Array.from({ length: 100 }, (_, i) =>
      i < ok ? { outcome: 'ok' as const, ended: 2 * i + 1 } : { outcome: 'info' as const, ended: null },
    ).map((end, i) => ({
      id: `${i}`,
      client: 'c',
      actor: B,
      kind: 'ask' as const,
      method: 'current',
      args: [],
      readOnly: true,
      invoked: 2 * i,
      value: 0,
      ...end,
    }));
    expect(checkHistory({ operations, actors: [], models }).verdict).toBe(verdict);
  });

  it('is invalid when a planned fault never fired', () => {
    const draft = goodDraft();
    draft.faults = [...draft.faults, { name: 'power loss', fired: 0 }];
    expect(invalid(draft)).toEqual({ verdict: 'invalid', problems: [], reasons: ['fault never fired'] });
  });

  it('is invalid when nothing happened', () => {
    expect(invalid(new Draft()).reasons).toEqual(['nothing happened']);
  });

  it('is a violation all the same when a promise was broken', () => {
    const draft = unanswered(30);
    draft.read(A, 11);
    expect(invalid(draft)).toMatchObject({ verdict: 'violated', problems: [{ rule: 'H11' }], reasons: ['too few ok'] });
  });

  it('is an error for a test that asserts', () => {
    expect(assertHistory(goodDraft().make())).toMatchObject({ requests: 12 });
    const refused = failure(() => assertHistory(unanswered(30).make()));
    expect(refused).toMatchObject({ code: 'PS_HISTORY_REFUSED', verdict: 'invalid' });
    const violated = failure(() => assertHistory(goodDraft().read(A, 11).make()));
    expect(violated).toMatchObject({ verdict: 'violated', message: expect.stringContaining(`H11 ${A}: no order`) });
  });
});

function failure(fn: () => unknown): unknown {
  try {
    return fn();
  } catch (error) {
    return error;
  }
}
