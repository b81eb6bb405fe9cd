import type { ResolvedFacet } from './facet-chain';
import { FacetChains } from './facet-chains';

function facet(name: string, priority: number, config: unknown = {}): ResolvedFacet {
  return { name, priority, category: 'domain', config, options: {}, onReplay: 'skip', instance: {} };
}

describe('FacetChains', () => {
  const chains = new FacetChains();

  it('composes once per fingerprint, whatever the order of attachment and of options', () => {
    const first = chains.of([facet('a', 200, { x: 1, y: [2, { z: null }] }), facet('b', 300)]);
    const second = chains.of([facet('b', 300), facet('a', 200, { y: [2, { z: null }], x: 1 })]);
    expect(second).toBe(first);
    expect(first.fingerprint).toMatch(/^b@300#[\w-]{12},a@200#[\w-]{12}$/);
  });

  it.each([
    ['another facet', [facet('b', 200)]],
    ['another priority', [facet('a', 201)]],
    ['another configuration', [facet('a', 200, { x: 1 })]],
    ['a string for a number', [facet('a', 200, { x: '1' })]],
    ['another date', [facet('a', 200, { x: new Date(1) })]],
    ['a value only a schema can make', [facet('a', 200, { x: () => 1 })]],
    ['another such value', [facet('a', 200, { x: () => 1 })]],
    ['a value of another class', [facet('a', 200, { x: new Map() })]],
    ['equal priorities the other way round', [facet('b', 200), facet('a', 200)]],
    ['these', [facet('a', 200), facet('b', 200)]],
  ])('tells %s apart', (_, list) => {
    const known = chains.of([facet('a', 200)]);
    const chain = chains.of(list);
    expect(chain).not.toBe(known);
    expect(chain.facets.map(({ name }) => name)).toEqual(list.map(({ name }) => name));
    expect(chains.of(list)).toBe(chain);
  });

  it('forgets the oldest beyond its limit instead of growing for ever', () => {
    const bounded = new FacetChains();
    const oldest = bounded.of([facet('a', 200, 0)]);
    for (let i = 1; i <= 1_000; i++) bounded.of([facet('a', 200, i)]);
    const again = bounded.of([facet('a', 200, 0)]);
    expect(again).not.toBe(oldest);
    expect(again.fingerprint).toBe(oldest.fingerprint);
  });
});
