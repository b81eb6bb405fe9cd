import type { Plan } from '../planning/plan';
import type { Facet, FacetContext } from './facet';
import type { ResolvedFacet } from './facet-chain';
import { activateHooks, attachHook, deactivateHooks, detachHook } from './facet-lifecycle';
import { serviceOf } from './facet-views';
import type { FacetHost } from './turn-port';

function facet(name: string, instance: Facet): ResolvedFacet {
  return { name, priority: 200, category: 'domain', config: { limit: 3 }, options: {}, onReplay: 'skip', instance };
}

function host(): FacetHost {
  const states = new Map<string, unknown>();
  return {
    actor: { tenant: 't', namespace: 'n', type: 'account', key: '1' },
    actorId: 't/n/account/1',
    facetState: (name) => states.get(name),
    setFacetState: (name, value) => void states.set(name, value),
  };
}

/** As actor code gets services: in a turn. */
function turn(): Parameters<typeof serviceOf>[1] {
  return { ...host(), planning: {} as Plan };
}

describe('facet life cycle', () => {
  it('gives a facet its first state before onAttach, with the id of the actor (FC25)', async () => {
    const seen: unknown[] = [];
    const limiter = facet('limiter', {
      initialState: (config) => ({ left: (config as { limit: number }).limit }),
      onAttach: (context: FacetContext) => void seen.push(context.actorId, context.actor.key, context.state),
    });
    const actor = host();
    await attachHook(limiter, actor);
    expect(seen).toEqual(['t/n/account/1', '1', { left: 3 }]);
    expect(actor.facetState('limiter')).toEqual({ left: 3 });
  });

  it('keeps what onAttach makes of the state, and nothing when it fails (FC21)', async () => {
    const actor = host();
    const willing: Facet = {
      initialState: () => 1,
      onAttach: async (context) => {
        await Promise.resolve();
        context.state = (context.state as number) + 1;
      },
    };
    await attachHook(facet('willing', willing), actor);
    expect(actor.facetState('willing')).toBe(2);

    const unwilling: Facet = {
      ...willing,
      onAttach: () => Promise.reject(new Error('no connection')),
    };
    await expect(attachHook(facet('unwilling', unwilling), actor)).rejects.toThrow('no connection');
    expect(actor.facetState('unwilling')).toBeUndefined();
  });

  it('has nothing to wait for on a facet without hooks', () => {
    const plain = facet('plain', {});
    expect(attachHook(plain, host())).toBeUndefined();
    expect(detachHook(plain, host())).toBeUndefined();
    expect(activateHooks([plain], host())).toBeUndefined();
    expect(deactivateHooks([plain], host())).toBeUndefined();
  });

  it('activates in chain order and deactivates in reverse', async () => {
    const trace: string[] = [];
    const named = ['a', 'b', 'c'].map((name) =>
      facet(name, {
        onActivate: async () => void trace.push(`+${name}`),
        onDeactivate: () => void trace.push(`-${name}`),
      }),
    );
    await activateHooks(named, host());
    await deactivateHooks(named, host());
    expect(trace).toEqual(['+a', '+b', '+c', '-c', '-b', '-a']);
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('left in anger');
      },
    ],
    ['rejects', () => Promise.reject(new Error('left in anger'))],
  ])('deactivates the others when one %s, then says so', async (_, onDeactivate) => {
    const left = jest.fn(async () => undefined);
    const facets = [facet('a', { onDeactivate: left }), facet('b', { onDeactivate })];
    await expect((async () => deactivateHooks(facets, host()))()).rejects.toThrow('left in anger');
    expect(left).toHaveBeenCalledTimes(1);
  });

  it('offers actor code the service of a facet, else the facet itself (FC35)', () => {
    const instance: Facet = {};
    expect(serviceOf(facet('plain', instance), turn())).toBe(instance);
    const offering: Facet = { service: (context) => ({ on: context.actorId, config: context.config }) };
    expect(serviceOf(facet('offering', offering), turn())).toEqual({
      on: 't/n/account/1',
      config: { limit: 3 },
    });
  });

  it('calls onDetach with the state that is about to go', async () => {
    const actor = host();
    actor.setFacetState('a', 7);
    const onDetach = jest.fn((context: FacetContext) => expect(context.state).toBe(7));
    await detachHook(facet('a', { onDetach }), actor);
    expect(onDetach).toHaveBeenCalledTimes(1);
  });
});
