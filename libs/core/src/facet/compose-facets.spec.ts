import { Logger } from '@nestjs/common';
import { NextCalledTwiceError, NextNotAwaitedError, TurnEndedError } from '../errors';
import { composeFacets } from './compose-facets';
import type { Facet, FacetTurn } from './facet';
import type { ResolvedFacet } from './facet-chain';
import { DefaultAnswer, FacetRejection, RetryRequest } from './outcomes';
import { HANDLER_SCOPE, type TurnPort } from './turn-port';

const actor = { tenant: 'default', namespace: 'default', type: 'account', key: '1' };

function attached(name: string, priority: number, instance: Facet, more: Partial<ResolvedFacet> = {}): ResolvedFacet {
  return { name, priority, category: 'domain', config: {}, options: {}, onReplay: 'skip', instance, ...more };
}

/** Notes when it is entered and left. */
function recorder(name: string, priority: number, trace: string[], more: Partial<ResolvedFacet> = {}) {
  const intercept = async (_turn: FacetTurn, next: () => Promise<unknown>) => {
    trace.push(`> ${name}`);
    try {
      return await next();
    } finally {
      trace.push(`< ${name}`);
    }
  };
  return attached(name, priority, { intercept }, more);
}

function turn(records: readonly string[] | null = null): TurnPort {
  const states = new Map<string, unknown>();
  return {
    actor,
    actorId: 'default/default/account/1',
    message: {
      messageId: 'm1',
      senderId: '',
      messageType: 'deposit',
      payload: [5],
      metadata: {},
      principal: 'ann',
      correlationId: 'm1',
    },
    isReplay: records !== null,
    signal: new AbortController().signal,
    facetState: (name) => states.get(name),
    setFacetState: (name, value) => void states.set(name, value),
    hasRecordOf: (scope) => records?.includes(scope) ?? false,
    facetEffect: async (scope, name, call) => {
      const signal = new AbortController().signal;
      const value = await call({ idempotencyKey: `${scope}/${name}`, signal, attempt: 1, epoch: 1 });
      return value;
    },
  };
}

const pass: Facet = { intercept: async (_turn, next) => next() };
const boom = new Error('boom');
const fails = () => Promise.reject(boom);
const throws = () => {
  throw boom;
};

describe('composeFacets', () => {
  describe('order', () => {
    it('enters by descending priority whatever the order of attachment, and leaves in reverse (FC03, FC07, FC09)', async () => {
      const trace: string[] = [];
      const order: [string, number][] = [
        ['metrics', 800],
        ['domain', 200],
        ['security', 1000],
        ['free', 600],
        ['logging', 900],
      ];
      const chain = composeFacets(order.map(([name, priority]) => recorder(name, priority, trace)));
      await chain.run(turn(), () => trace.push('handler'));
      expect(trace).toEqual([
        ...['> security', '> logging', '> metrics', '> free', '> domain', 'handler'],
        ...['< domain', '< free', '< metrics', '< logging', '< security'],
      ]);
    });

    it('keeps the order of attachment between equal priorities (FC10)', async () => {
      const trace: string[] = [];
      const chain = composeFacets(['b', 'a', 'c'].map((name) => recorder(name, 200, trace)));
      await chain.run(turn(), () => undefined);
      expect(trace.slice(0, 3)).toEqual(['> b', '> a', '> c']);
    });

    it('does not wrap with facets 1–99 (FC08)', () => {
      const chain = composeFacets([
        attached('audit', 99, { ...pass, onCommit: () => undefined }),
        attached('service', 200, {}),
      ]);
      expect(chain).toMatchObject({ wraps: false, commits: true, admits: false });
    });

    it('takes what a handler answers, promise or not', async () => {
      const chain = composeFacets([attached('a', 200, pass)]);
      expect(await chain.run(turn(), () => 7)).toBe(7);
      expect(await chain.run(turn(), () => Promise.resolve(8))).toBe(8);
    });

    it('starts a lazy answer, such as a query builder, once', async () => {
      const then = jest.fn((resolve: (value: number) => void) => resolve(3));
      const chain = composeFacets([attached('a', 200, pass)]);
      expect(await chain.run(turn(), () => ({ then }))).toBe(3);
      expect(then).toHaveBeenCalledTimes(1);
    });
  });

  describe('onMessage', () => {
    it('runs before the handler, and before intercept of the same facet (FC26)', async () => {
      const trace: string[] = [];
      const both: Facet = {
        onMessage: () => void trace.push('onMessage'),
        intercept: (_turn, next) => {
          trace.push('intercept');
          return next();
        },
      };
      await composeFacets([attached('both', 200, both)]).run(turn(), () => trace.push('handler'));
      expect(trace).toEqual(['onMessage', 'intercept', 'handler']);
    });

    it.each([
      ['synchronous', () => undefined],
      ['asynchronous', () => Promise.resolve()],
    ])('lets the message pass when it returns (%s)', async (_, onMessage) => {
      const chain = composeFacets([attached('a', 200, { onMessage }), attached('b', 100, { onMessage })]);
      expect(await chain.run(turn(), () => 'ok')).toBe('ok');
    });

    it.each([
      ['throws', throws],
      ['rejects', fails],
    ])('rejects the message when it %s (FC27)', async (_, onMessage) => {
      const handler = jest.fn();
      const behind = jest.fn();
      const chain = composeFacets([
        attached('guard', 1000, { onMessage }),
        attached('behind', 200, { onMessage: behind }),
      ]);
      const outcome = await chain.run(turn(), handler).catch((error: unknown) => error);
      expect(outcome).toBeInstanceOf(FacetRejection);
      expect(outcome).toMatchObject({ facet: 'guard', error: boom });
      expect(behind).not.toHaveBeenCalled();
      expect(handler).not.toHaveBeenCalled();
    });
  });

  describe('intercept', () => {
    it('answers without the handler when it does not call next() (FC04)', async () => {
      const handler = jest.fn();
      const chain = composeFacets([attached('cache', 500, { intercept: async () => 'cached' })]);
      expect(await chain.run(turn(), handler)).toBe('cached');
      expect(handler).not.toHaveBeenCalled();
    });

    it('may return a plain value, though its type says promise', async () => {
      const intercept = (() => 'plain') as unknown as NonNullable<Facet['intercept']>;
      expect(await composeFacets([attached('a', 500, { intercept })]).run(turn(), () => 1)).toBe('plain');
    });

    it('may change the answer on the way out', async () => {
      const double: Facet = { intercept: async (_turn, next) => ((await next()) as number) * 2 };
      const chain = composeFacets([attached('outer', 300, double), attached('inner', 200, double)]);
      expect(await chain.run(turn(), () => 3)).toBe(12);
    });

    it.each([
      ['throws at once', throws],
      ['rejects', fails],
    ])('rejects the message when it %s before next() (FC04, FC27)', async (_, intercept) => {
      const chain = composeFacets([attached('outer', 1000, pass), attached('auth', 900, { intercept })]);
      await expect(chain.run(turn(), () => 1)).rejects.toMatchObject({
        name: 'FacetRejection',
        facet: 'auth',
        error: boom,
      });
    });

    it('fails the turn when it throws after next() (FC08)', async () => {
      const late: Facet = {
        intercept: async (_turn, next) => {
          await next();
          throw boom;
        },
      };
      const chain = composeFacets([attached('outer', 1000, pass), attached('late', 200, late)]);
      await expect(chain.run(turn(), () => 1)).rejects.toBe(boom);
    });

    it('fails the turn when it throws after a facet behind it has answered for the handler', async () => {
      const late: Facet = { intercept: (_turn, next) => next().then(fails) };
      const chain = composeFacets([
        attached('late', 900, late),
        attached('cache', 200, { intercept: async () => 'cached' }),
      ]);
      await expect(chain.run(turn(), () => 1)).rejects.toBe(boom);
    });

    it.each([
      ['throws', throws],
      ['rejects', fails],
    ])('hands out the error when the handler %s', async (_, handler) => {
      const chain = composeFacets([attached('a', 300, pass), attached('b', 200, pass)]);
      await expect(chain.run(turn(), handler)).rejects.toBe(boom);
    });

    it('keeps a rejection a rejection when an outer facet words it differently', async () => {
      const worded = new Error('worded');
      const words: Facet = { intercept: (_turn, next) => next().catch(() => Promise.reject(worded)) };
      const chain = composeFacets([attached('words', 1100, words), attached('auth', 1000, { onMessage: fails })]);
      await expect(chain.run(turn(), () => 1)).rejects.toMatchObject({ facet: 'auth', error: worded });
    });

    it.each([
      ['handler', pass, fails],
      [
        'facet behind it',
        { intercept: (_turn: FacetTurn, next: () => Promise<unknown>) => next().then(fails) },
        () => 1,
      ],
    ])('commits nothing of the turn when a facet answers for a failed %s', async (_, inner, handler) => {
      const forgiving: Facet = { intercept: (_turn, next) => next().catch(() => 'fallback') };
      const chain = composeFacets([attached('forgiving', 300, forgiving), attached('inner', 200, inner)]);
      const answer = await chain.run(turn(), handler);
      expect(answer).toBeInstanceOf(DefaultAnswer);
      expect(answer).toMatchObject({ value: 'fallback', undoState: true });
    });
  });

  describe('next()', () => {
    const twice: Facet = {
      intercept: async (_turn, next) => {
        await next();
        return next();
      },
    };

    it('is refused a second time, and the handler ran once', async () => {
      const handler = jest.fn();
      const chain = composeFacets([attached('twice', 200, twice), attached('inner', 100, pass)]);
      await expect(chain.run(turn(), handler)).rejects.toThrow(new NextCalledTwiceError('twice'));
      expect(handler).toHaveBeenCalledTimes(1);
    });

    it('is refused a second time even if the facet or one around it hides the error', async () => {
      const hiding: Facet = {
        intercept: async (_turn, next) => {
          await next();
          await Promise.resolve()
            .then(next)
            .catch(() => undefined);
          return 'hidden';
        },
        onError: () => ({ policy: 'default', value: 'hidden' }),
      };
      const chain = composeFacets([attached('outer', 300, pass), attached('hiding', 200, hiding)]);
      await expect(chain.run(turn(), () => 1)).rejects.toThrow(NextCalledTwiceError);
    });

    it('must be awaited: an answer may not overtake the handler', async () => {
      let release = (_: unknown): void => undefined;
      const held = new Promise((resolve) => (release = resolve));
      const hasty: Facet = {
        intercept: async (_turn, next) => {
          void next();
          return 'early';
        },
      };
      const run = composeFacets([attached('hasty', 200, hasty)]).run(turn(), () => held);
      await expect(run).rejects.toThrow(NextNotAwaitedError);
      release(1);
    });

    it('is refused after the turn has ended', async () => {
      let kept: (() => Promise<unknown>) | undefined;
      const keeps: Facet = {
        intercept: async (_turn, next) => {
          kept = next;
          return 'answered';
        },
      };
      const handler = jest.fn();
      await composeFacets([attached('keeps', 200, keeps)]).run(turn(), handler);
      expect(() => kept?.()).toThrow(TurnEndedError);
      expect(handler).not.toHaveBeenCalled();
    });

    it('leaves no unhandled rejection when a facet drops what it returned', async () => {
      const unhandled = jest.fn();
      process.on('unhandledRejection', unhandled);
      const drops: Facet = {
        intercept: async (_turn, next) => {
          void next();
          throw new Error('gave up');
        },
      };
      const judges: Facet = { ...pass, onError: () => ({ policy: 'propagate' }) };
      const thrower: Facet = {
        intercept: throws,
      };
      for (const inner of [pass, judges, thrower, { onMessage: fails }]) {
        for (const handler of [fails, throws]) {
          const chain = composeFacets([attached('drops', 300, drops), attached('inner', 200, inner)]);
          const outcome: unknown = await chain.run(turn(), handler).catch((error: unknown) => error);
          expect(outcome instanceof FacetRejection ? outcome.error : outcome).toEqual(new Error('gave up'));
        }
      }
      await new Promise((resolve) => setImmediate(resolve));
      process.off('unhandledRejection', unhandled);
      expect(unhandled).not.toHaveBeenCalled();
    });
  });

  describe('onError', () => {
    const judge = (onError: NonNullable<Facet['onError']>) => attached('judge', 300, { onError });

    it('propagate: the error goes on', async () => {
      const chain = composeFacets([judge(() => ({ policy: 'propagate' }))]);
      await expect(chain.run(turn(), fails)).rejects.toBe(boom);
    });

    it('retry: asks for a retry, past all outer facets', async () => {
      const outer = jest.fn(() => ({ policy: 'propagate' as const }));
      const chain = composeFacets([attached('outer', 900, { onError: outer }), judge(() => ({ policy: 'retry' }))]);
      const outcome = await chain.run(turn(), fails).catch((error: unknown) => error);
      expect(outcome).toBeInstanceOf(RetryRequest);
      expect(outcome).toMatchObject({ facet: 'judge', cause: boom });
      expect(outer).not.toHaveBeenCalled();
    });

    it('default: answers, and nothing of the turn is committed with it', async () => {
      const chain = composeFacets([attached('outer', 900, pass), judge(() => ({ policy: 'default', value: 0 }))]);
      expect(await chain.run(turn(), fails)).toEqual(new DefaultAnswer(0));
    });

    it('transform: another error takes its place', async () => {
      const other = new Error('other');
      const chain = composeFacets([
        judge(async (error) => {
          expect(error).toBe(boom);
          return { policy: 'transform', error: other };
        }),
      ]);
      await expect(chain.run(turn(), fails)).rejects.toBe(other);
    });

    it('judges what the facet itself throws, and errors of facets behind it, not of those around it', async () => {
      const own: Facet = { onMessage: fails, onError: () => ({ policy: 'default', value: 'own' }) };
      expect(await composeFacets([attached('own', 200, own)]).run(turn(), () => 1)).toEqual(new DefaultAnswer('own'));

      const inner = jest.fn(() => ({ policy: 'propagate' as const }));
      const chain = composeFacets([
        attached('outer', 900, { intercept: (_turn, next) => next().then(fails) }),
        attached('inner', 200, { onError: inner }),
      ]);
      await expect(chain.run(turn(), () => 1)).rejects.toBe(boom);
      expect(inner).not.toHaveBeenCalled();
    });

    it('keeps a transformed rejection a rejection', async () => {
      const other = new Error('other');
      const chain = composeFacets([
        judge(() => ({ policy: 'transform', error: other })),
        attached('auth', 200, { onMessage: fails }),
      ]);
      await expect(chain.run(turn(), () => 1)).rejects.toMatchObject({ facet: 'auth', error: other });
    });

    it('fails the turn with its own error when it throws', async () => {
      const own = new Error('own');
      const chain = composeFacets([judge(() => Promise.reject(own))]);
      await expect(chain.run(turn(), fails)).rejects.toBe(own);
    });

    it('refuses a policy that does not exist, naming the facet', async () => {
      const chain = composeFacets([judge(() => ({ policy: 'ignore' }) as never)]);
      await expect(chain.run(turn(), fails)).rejects.toThrow(/judge.*"ignore"/);
    });
  });

  describe('replay', () => {
    const trace: string[] = [];
    const chain = composeFacets([
      recorder('auth', 1000, trace),
      recorder('trace', 900, trace, { onReplay: 'run' }),
      recorder('fraud', 200, trace),
      recorder('limit', 100, trace),
    ]);

    it.each<[string, string[] | null, string[], string[]]>([
      ['first run', null, ['auth', 'trace', 'fraud', 'limit'], []],
      ['the handler has a record', [HANDLER_SCOPE], ['trace'], ['auth', 'fraud', 'limit']],
      ['cut off inside fraud', ['fraud'], ['trace', 'fraud', 'limit'], ['auth']],
      ['cut off inside auth', ['auth'], ['auth', 'trace', 'fraud', 'limit'], []],
      ['nothing recorded', [], ['auth', 'trace', 'fraud', 'limit'], []],
      ['only a facet that always runs has a record', ['trace'], ['trace', 'fraud', 'limit'], ['auth']],
    ])('%s', async (_, records, entered, skipped) => {
      trace.length = 0;
      const port = turn(records);
      expect(chain.skipped(port)).toEqual(skipped);
      expect(await chain.run(port, () => 'ok')).toBe('ok');
      expect(trace.filter((line) => line.startsWith('>')).map((line) => line.slice(2))).toEqual(entered);
    });

    it('fingerprints the facets that run on replay apart, without their configuration', () => {
      const config = { secret: 1 };
      const facets = [recorder('b', 900, [], { onReplay: 'run', config }), recorder('a', 1000, [])];
      expect(composeFacets(facets).replayFingerprint).toBe('b@900');
      expect(composeFacets([recorder('a', 1, [])]).replayFingerprint).toBe('');
    });
  });

  describe('commit', () => {
    it('calls onCommit of facets 1–99 in descending order with the answer that leaves (FC08, FC09)', async () => {
      const trace: unknown[] = [];
      const commits = (name: string, priority: number, wait: boolean) =>
        attached(name, priority, {
          onCommit: async ({ message, result, error, config }) => {
            if (wait) await Promise.resolve();
            trace.push([name, message.messageId, result, error, config]);
          },
        });
      const chain = composeFacets([
        commits('late', 1, false),
        commits('early', 99, true),
        commits('domain', 100, false),
        attached('sync', 50, { onCommit: () => void trace.push('sync') }),
      ]);
      await chain.commit(turn(), 'answer', undefined);
      expect(trace).toEqual([
        ['early', 'm1', 'answer', undefined, {}],
        'sync',
        ['late', 'm1', 'answer', undefined, {}],
      ]);
    });

    it('returns nothing to wait for when nobody waits', () => {
      const chain = composeFacets([attached('sync', 50, { onCommit: () => undefined })]);
      expect(chain.commit(turn(), 1, undefined)).toBeUndefined();
    });

    it.each([
      ['throws', throws],
      ['rejects', fails],
    ])('rejects when a facet %s, before facets behind it', async (_, onCommit) => {
      const behind = jest.fn();
      const chain = composeFacets([attached('a', 50, { onCommit }), attached('b', 40, { onCommit: behind })]);
      await expect(chain.commit(turn(), 1, undefined)).rejects.toBe(boom);
      expect(behind).not.toHaveBeenCalled();
    });
  });

  it('admits by descending priority, whatever the band, and ends at the first refusal', async () => {
    const trace: unknown[] = [];
    const admits = (name: string, priority: number, refuses = false) =>
      attached(name, priority, {
        admit: (message, config, id) => {
          trace.push([name, message.messageType, config, id.key]);
          if (refuses) throw boom;
        },
      });
    const chain = composeFacets([admits('low', 10), admits('refuses', 200, true), admits('high', 1000)]);
    expect(chain).toMatchObject({ wraps: false, commits: false, admits: true });
    expect(() => chain.admit(turn().message, actor)).toThrow(boom);
    expect(trace).toEqual([
      ['high', 'deposit', {}, '1'],
      ['refuses', 'deposit', {}, '1'],
    ]);
  });

  it('hands each facet its own configuration, state and effects, and the message', async () => {
    const port = turn();
    const seen: unknown[] = [];
    const counting = (name: string, config: unknown) =>
      attached(
        name,
        200,
        {
          intercept: async (view, next) => {
            view.state = ((view.state as number | undefined) ?? 0) + 1;
            const key = await view.sideEffect('score', (effect) => effect.idempotencyKey);
            seen.push([view.config, view.state, key, view.actorId, view.actor.key, view.message.payload]);
            expect([view.isReplay, view.signal.aborted]).toEqual([false, false]);
            return next();
          },
        },
        { config },
      );
    const chain = composeFacets([counting('a', 1), counting('b', 2)]);
    await chain.run(port, () => 1);
    await chain.run(port, () => 1);
    expect(seen.slice(2)).toEqual([
      [1, 2, 'a/score', 'default/default/account/1', '1', [5]],
      [2, 2, 'b/score', 'default/default/account/1', '1', [5]],
    ]);
  });

  describe('onDenied (FC05)', () => {
    const told: unknown[] = [];
    const listens = (name: string, priority: number) =>
      attached(
        name,
        priority,
        {
          ...pass,
          onDenied: (denial) => void told.push([name, denial.deniedBy, denial.error, denial.config]),
        },
        { config: `${name} config` },
      );
    beforeEach(() => (told.length = 0));

    it('tells the facets that a refused message did not reach, whatever is answered instead', async () => {
      const answers: Facet = { intercept: (_turn, next) => next().catch(() => 'fallback') };
      for (const outer of [pass, answers]) {
        told.length = 0;
        const chain = composeFacets([
          attached('outer', 1200, outer),
          listens('reached', 1100),
          attached('auth', 1000, { onMessage: fails }),
          listens('logging', 900),
          listens('metrics', 800),
        ]);
        await chain.run(turn(), () => 1).catch(() => undefined);
        expect(told).toEqual([
          ['logging', 'auth', boom, 'logging config'],
          ['metrics', 'auth', boom, 'metrics config'],
        ]);
      }
    });

    it('says nothing of failures, answers and retries', async () => {
      const auth: Facet = { onMessage: fails, onError: () => ({ policy: 'retry' }) };
      await composeFacets([attached('auth', 1000, auth), listens('logging', 900)])
        .run(turn(), () => 1)
        .catch(() => undefined);
      await composeFacets([listens('logging', 900)])
        .run(turn(), fails)
        .catch(() => undefined);
      await composeFacets([attached('cache', 1000, { intercept: async () => 1 }), listens('logging', 900)]).run(
        turn(),
        fails,
      );
      expect(told).toEqual([]);
    });

    it.each([
      ['throws', throws],
      ['rejects', fails],
    ])('tells all others when admit %s', async (_, admit) => {
      const chain = composeFacets([listens('logging', 900), attached('auth', 200, { admit }), listens('late', 100)]);
      await expect((async () => chain.admit(turn().message, actor))()).rejects.toBe(boom);
      expect(told).toEqual([
        ['logging', 'auth', boom, 'logging config'],
        ['late', 'auth', boom, 'late config'],
      ]);
    });

    it('keeps the answer, and goes on, when a listener throws', async () => {
      const log = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
      const broken: Facet = {
        ...pass,
        onDenied: () => {
          throw new Error('disk full');
        },
      };
      const chain = composeFacets([
        attached('auth', 1000, { onMessage: fails }),
        attached('broken', 900, broken),
        listens('metrics', 800),
      ]);
      await expect(chain.run(turn(), () => 1)).rejects.toMatchObject({ facet: 'auth', error: boom });
      expect(told).toHaveLength(1);
      expect(log).toHaveBeenCalledWith(expect.stringMatching(/broken.*disk full/));
      log.mockRestore();
    });
  });
});
