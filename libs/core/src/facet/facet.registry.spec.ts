import { Injectable } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { z } from 'zod';
import { InvalidFacetConfigError, InvalidFacetError, UnknownFacetError } from '../errors';
import { Facet, type FacetTurn } from './facet';
import { type FacetRegistration, FacetRegistry } from './facet.registry';
import { facet } from './facet-spec';

@Injectable()
class Model {}

@Injectable()
class FraudDetection implements Facet {
  constructor(readonly model: Model) {}
  onMessage(_turn: FacetTurn): void {
    // passes
  }
}

const fraud: FacetRegistration = {
  description: 'Real-time fraud scoring',
  category: 'domain',
  configOptions: [
    { key: 'ml_model', required: true },
    { key: 'threshold', default: '0.8' },
  ],
  priority: 200,
  facet: new FraudDetection(new Model()),
};

describe('FacetRegistry', () => {
  let registry: FacetRegistry;
  beforeEach(() => (registry = new FacetRegistry()));

  it('lists the built-in facets with description, category and options (FC30)', () => {
    expect(registry.list()).toEqual([
      expect.objectContaining({
        name: 'durability',
        priority: 50,
        category: 'infrastructure',
        onReplay: 'skip',
      }),
      expect.objectContaining({ name: 'virtual_actor', priority: 60, category: 'infrastructure' }),
    ]);
    for (const { description, configOptions } of registry.list()) {
      expect(description).not.toBe('');
      expect(configOptions.length).toBeGreaterThan(0);
    }
    expect(registry.get('virtual_actor').configOptions.map(({ key }) => key)).toEqual([
      'idleTimeout',
      'activationStrategy',
      'maxActive',
    ]);
  });

  it('lists what was registered (FC29, FC30)', () => {
    registry.register('fraud_detection', fraud);
    const { facet: _, ...listing } = fraud;
    expect(registry.has('fraud_detection')).toBe(true);
    expect(registry.get('fraud_detection')).toEqual({
      ...listing,
      name: 'fraud_detection',
      onReplay: 'skip',
    });
    expect(registry.list().map(({ name }) => name)).toEqual(['durability', 'fraud_detection', 'virtual_actor']);
  });

  it('refuses a name that is taken (FC29)', () => {
    registry.register('fraud_detection', fraud);
    expect(() => registry.register('fraud_detection', fraud)).toThrow(InvalidFacetError);
    expect(() => registry.register('fraud_detection', fraud)).toThrow(/registered already/);
    expect(() => registry.register('durability', fraud)).toThrow(/built-in/);
  });

  it.each(['', 'handler', 'a/b', 'a b', '1st', 'x'.repeat(65)])('refuses the name %j', (name) => {
    expect(() => registry.register(name, fraud)).toThrow(/its name must be/);
  });

  it.each([0, -1, 1.5, NaN, '200', 2 ** 53])('refuses priority %p (FC10)', (priority) => {
    expect(() => registry.register('f', { ...fraud, priority: priority as number })).toThrow(/priority .* from 1 up/);
    registry.register('g', fraud);
    expect(() => registry.resolve(facet('g', { ml_model: 'm' }, { priority: priority as number }))).toThrow(
      InvalidFacetError,
    );
    expect(registry.has('f')).toBe(false);
  });

  it('names an unknown facet and the known ones (FC33)', () => {
    for (const act of [() => registry.resolve(facet('nope')), () => registry.get('nope')]) {
      expect(act).toThrow(UnknownFacetError);
      expect(act).toThrow(/"nope".*durability, virtual_actor/);
    }
  });

  it('resolves to checked configuration and the default priority, unless another is given (FC19, FC31, FC33)', () => {
    registry.register('fraud_detection', { ...fraud, onReplay: 'run' });
    const config = { ml_model: 'fraud-v2.onnx' };
    expect(registry.resolve({ name: 'fraud_detection', config })).toEqual({
      name: 'fraud_detection',
      priority: 200,
      category: 'domain',
      config: { ml_model: 'fraud-v2.onnx', threshold: 0.8 },
      options: { ml_model: 'fraud-v2.onnx', threshold: 0.8 },
      onReplay: 'run',
      instance: fraud.facet,
    });
    expect(registry.resolve({ name: 'fraud_detection', config, priority: 600 }).priority).toBe(600);
    expect(() => registry.resolve(facet('fraud_detection'))).toThrow(/ml_model .* is required/);
  });

  it.each([null, [], 'threshold=1'])('refuses the configuration %j', (config) => {
    registry.register('f', { ...fraud, configOptions: [] });
    expect(() => registry.resolve({ name: 'f', config: config as never })).toThrow(InvalidFacetConfigError);
  });

  it('resolves the built-in ones, whose service is their configuration (EX17)', () => {
    const resolved = registry.resolve(facet('durability', { checkpoint_interval: 100 }, { priority: 50 }));
    expect(resolved).toMatchObject({
      priority: 50,
      config: { checkpointEvery: 100, replayOnActivation: true },
    });
    expect(resolved.instance.service?.({ config: resolved.config } as never)).toBe(resolved.config);
    expect(() => registry.resolve(facet('durability', {}, { priority: 100 }))).toThrow(/cannot have priority 100/);
  });

  it.each<[string, number, Facet, boolean]>([
    ['onMessage below 100', 99, { onMessage: () => undefined }, false],
    ['intercept below 100', 1, { intercept: async (_turn, next) => next() }, false],
    ['onCommit from 100 up', 100, { onCommit: () => undefined }, false],
    ['onCommit below 100', 99, { onCommit: () => undefined }, true],
    ['both, below', 99, { onCommit: () => undefined, onMessage: () => undefined }, true],
    ['both, above', 100, { onCommit: () => undefined, onMessage: () => undefined }, true],
    ['neither', 10, { admit: () => undefined }, true],
  ])('%s at priority %d: a hook that would never be called is refused', (_, priority, instance, usable) => {
    registry.register('f', { ...fraud, configOptions: [], facet: instance });
    const attempt = () => registry.resolve(facet('f', {}, { priority }));
    if (usable) expect(attempt().priority).toBe(priority);
    else expect(attempt).toThrow(/never called/);
  });

  it('registers the class of a provider, and takes a schema (EX27)', async () => {
    const module = await Test.createTestingModule({
      providers: [FacetRegistry, FraudDetection, Model],
    }).compile();
    const schema = z.object({ threshold: z.number().default(0.8) });
    const nest = module.get(FacetRegistry);
    nest.register('fraud', { ...fraud, facet: FraudDetection, schema });
    const resolved = nest.resolve(facet('fraud'));
    expect(resolved.instance).toBe(module.get(FraudDetection));
    expect(resolved.config).toEqual({ threshold: 0.8 });
    expect(nest.get('fraud').configOptions).toMatchObject([{ key: 'threshold', type: 'number', default: 0.8 }]);
    expect(() => nest.register('other', { ...fraud, facet: class Lost {} })).toThrow(/Lost is not a provider/);
  });

  it('resolves what the journal keeps of an attachment to the same again', () => {
    const config = [{ key: 'window', type: 'duration', default: '5m' }] as const;
    registry.register('listed', { ...fraud, configOptions: config });
    const schema = z.object({ idle: z.string() }).transform(({ idle }) => ({ idleText: idle }));
    registry.register('transformed', { ...fraud, schema });
    const specs = [
      facet('listed', { window: '1s' }),
      facet('transformed', { idle: '5m' }),
      facet('durability', { checkpoint_interval: '10', snapshotInterval: '1m', compression: null }),
      facet('virtual_actor', { deactivationTimeout: '1m', activation_strategy: 'eager' }),
    ];
    for (const spec of specs) {
      const { name, priority, config: inEffect, options } = registry.resolve(spec);
      expect(registry.resolve({ name, priority, config: options })).toMatchObject({ config: inEffect, options });
    }
  });
});

describe('facet()', () => {
  @Facet({ name: 'typed', priority: 200, category: 'domain' })
  class Typed implements Facet<{ threshold: number }> {
    onMessage(_turn: FacetTurn<{ threshold: number }>): void {
      // passes
    }
  }

  it('names a facet by its class, with typed options', () => {
    expect(facet(Typed, { threshold: 0.9 }, { priority: 300 })).toEqual({
      name: 'typed',
      config: { threshold: 0.9 },
      priority: 300,
    });
    expect(facet(Typed, { threshold: '0.9' })).toEqual({ name: 'typed', config: { threshold: '0.9' } });
    // @ts-expect-error the class says which options there are
    expect(facet(Typed, { treshold: 1 }).name).toBe('typed');
  });

  it('refuses a class that is no facet', () => {
    expect(() => facet(FraudDetection)).toThrow(/FraudDetection.*@Facet/);
  });
});
