import { Injectable, type Provider, Scope } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { z } from 'zod';
import { InvalidFacetError } from '../errors';
import { Facet, type FacetOptions } from './facet';
import { FacetExplorer } from './facet.explorer';
import { FacetRegistry } from './facet.registry';

const options: FacetOptions = { name: 'audit', priority: 900, category: 'observability' };

@Facet({
  ...options,
  description: 'Writes an audit trail',
  onReplay: 'run',
  config: [{ key: 'level', default: 'info' }],
})
class Audit implements Facet {}

@Injectable({ scope: Scope.REQUEST })
class PerRequest {}

async function explore(...providers: Provider[]): Promise<FacetRegistry> {
  const module = await Test.createTestingModule({
    imports: [DiscoveryModule],
    providers: [FacetRegistry, FacetExplorer, ...providers],
  }).compile();
  module.get(FacetExplorer).explore();
  return module.get(FacetRegistry);
}

function facetClass(changed: Partial<FacetOptions>, dependencies: unknown[] = []): new () => Facet {
  @Facet({ ...options, ...changed })
  class Custom implements Facet {}
  Reflect.defineMetadata('design:paramtypes', dependencies, Custom);
  return Custom;
}

describe('FacetExplorer', () => {
  it('registers every provider with @Facet (FC24, FC30, FC32)', async () => {
    const registry = await explore(Audit, facetClass({ name: 'plain' }), {
      provide: 'NOT_A_FACET',
      useValue: Object.create(null) as unknown,
    });
    expect(registry.list().map(({ name }) => name)).toEqual(['audit', 'durability', 'plain', 'virtual_actor']);
    expect(registry.get('audit')).toEqual({
      name: 'audit',
      priority: 900,
      category: 'observability',
      description: 'Writes an audit trail',
      onReplay: 'run',
      configOptions: [{ key: 'level', default: 'info' }],
    });
    expect(registry.get('plain')).toMatchObject({ description: '', onReplay: 'skip', configOptions: [] });
  });

  it('finds facets that a factory makes, and an alias only once', async () => {
    const registry = await explore(
      { provide: 'MADE', useFactory: () => new Audit() },
      { provide: 'ALIAS', useExisting: 'MADE' },
    );
    expect(registry.has('audit')).toBe(true);
  });

  it('takes a Standard Schema for the configuration', async () => {
    const registry = await explore(facetClass({ config: z.object({ level: z.string() }) }));
    expect(registry.get('audit').configOptions).toMatchObject([{ key: 'level', required: true }]);
  });

  it.each<[string, Provider[], RegExp]>([
    ['two facets of one name', [Audit, facetClass({})], /audit .*registered already/],
    ['the name of a built-in facet', [facetClass({ name: 'durability' })], /built-in/],
    ['priority 0 (FC10)', [facetClass({ priority: 0 })], /priority 0 is not a whole number from 1 up/],
    ['a broken priority', [facetClass({ priority: 2.5 })], /priority 2.5/],
    [
      'an option both required and with a default (FC31)',
      [facetClass({ config: [{ key: 'a', required: true, default: 1 }] })],
      /option a is required and has a default/,
    ],
    ['a request-scoped dependency', [PerRequest, facetClass({}, [PerRequest])], /audit .*request-scoped/],
    ['a transient facet', [{ provide: 'T', useClass: facetClass({}), scope: Scope.TRANSIENT }], /audit .*transient/],
  ])('refuses %s', async (_, providers, message) => {
    const attempt = explore(...providers);
    await expect(attempt).rejects.toThrow(InvalidFacetError);
    await expect(attempt).rejects.toThrow(message);
  });
});
