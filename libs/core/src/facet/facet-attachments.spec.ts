import { FacetAttachedError, FacetNotAttachedError, InvalidFacetError, UnknownFacetError } from '../errors';
import { attachFacet, detachFacet, findFacet, listFacets, resolveFacets } from './facet-attachments';
import { FacetRegistry } from './facet.registry';
import { facet } from './facet-spec';

const actor = 'default/default/account/1';

describe('facet attachments', () => {
  const registry = new FacetRegistry();
  for (const [name, priority] of [
    ['metrics', 800],
    ['audit', 900],
    ['limit', 200],
  ] as const) {
    registry.register(name, {
      description: name,
      category: 'domain',
      configOptions: [],
      priority,
      facet: {},
    });
  }
  const attached = resolveFacets(actor, [facet('metrics'), facet('durability'), facet('audit')], registry);

  it('lists in chain order with priority, category and configuration (FC23)', () => {
    expect(listFacets(attached)).toEqual([
      { name: 'audit', priority: 900, category: 'domain', config: {} },
      { name: 'metrics', priority: 800, category: 'domain', config: {} },
      expect.objectContaining({ name: 'durability', priority: 50, category: 'infrastructure' }),
    ]);
  });

  it('attaches into a new list; the old one stays as it was (FC18, FC19, FC21)', () => {
    const longer = attachFacet(actor, attached, facet('limit', {}, { priority: 850 }), registry);
    expect(listFacets(longer).map(({ name }) => name)).toEqual(['audit', 'limit', 'metrics', 'durability']);
    expect(attached).toHaveLength(3);
  });

  it('refuses what is attached already, unknown or badly configured, and changes nothing (FC20, FC21)', () => {
    expect(() => attachFacet(actor, attached, facet('audit'), registry)).toThrow(FacetAttachedError);
    expect(() => attachFacet(actor, attached, facet('nope'), registry)).toThrow(UnknownFacetError);
    expect(() => attachFacet(actor, attached, facet('limit', { x: 1 }), registry)).toThrow(/Option x of facet limit/);
    expect(() => resolveFacets(actor, [facet('audit'), facet('audit')], registry)).toThrow(FacetAttachedError);
  });

  it('detaches by name; the old list stays as it was (FC22)', () => {
    const shorter = detachFacet(actor, attached, 'metrics');
    expect(listFacets(shorter).map(({ name }) => name)).toEqual(['audit', 'durability']);
    expect(attached).toHaveLength(3);
    expect(() => detachFacet(actor, shorter, 'metrics')).toThrow(FacetNotAttachedError);
    expect(() => detachFacet(actor, shorter, 'metrics')).toThrow(/Attached: audit, durability/);
  });

  it.each(['durability', 'virtual_actor'])('never detaches %s', (name) => {
    const both = resolveFacets(actor, [facet('durability'), facet('virtual_actor')], registry);
    expect(() => detachFacet(actor, both, name)).toThrow(InvalidFacetError);
    expect(() => detachFacet(actor, both, name)).toThrow(/cannot be detached/);
  });

  it('finds an attached facet, or names those that are (FC35)', () => {
    expect(findFacet(actor, attached, 'audit')).toBe(attached[2]);
    expect(() => findFacet(actor, attached, 'keyvalue')).toThrow(/keyvalue is not attached .* audit, metrics/);
  });

  it('attaches nothing at run time whose admit nobody would call', () => {
    const guarded = new FacetRegistry();
    const gate = { admit: () => undefined };
    guarded.register('gate', {
      description: '',
      category: 'security',
      configOptions: [],
      priority: 1000,
      facet: gate,
    });
    expect(() => attachFacet(actor, [], facet('gate'), guarded)).toThrow(/declare it with @UseFacets/);
    expect(resolveFacets(actor, [facet('gate')], guarded)).toHaveLength(1);
  });
});
