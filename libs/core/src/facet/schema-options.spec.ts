import type { StandardSchemaV1 } from '@standard-schema/spec';
import { z } from 'zod';
import { InvalidFacetConfigError, InvalidFacetError } from '../errors';
import { compileSchema, listSchemaOptions } from './schema-options';

const schema = z.object({
  ml_model: z.string().describe('File of the model'),
  threshold: z.coerce.number().max(1).default(0.8),
  mode: z.enum(['strict', 'lenient']).optional(),
  limits: z.object({ day: z.number() }).optional(),
});

describe('compileSchema', () => {
  const check = compileSchema('fraud', schema);

  it('hands the facet what the schema makes of the configuration (FC31, FC34)', () => {
    expect(check({ ml_model: 'm', threshold: '0.95' })).toEqual({ ml_model: 'm', threshold: 0.95 });
    expect(check({ ml_model: 'm' })).toEqual({ ml_model: 'm', threshold: 0.8 });
  });

  it.each<[string, Record<string, unknown>, string]>([
    ['a bad value', { ml_model: 'm', threshold: 'abc' }, 'threshold'],
    ['a bad value inside an option', { ml_model: 'm', limits: { day: 'x' } }, 'limits.day'],
    ['a missing option', {}, 'ml_model'],
    ['an unknown option that the schema would drop (FC20)', { ml_model: 'm', treshold: 1 }, 'treshold'],
  ])('refuses %s, naming it', (_, config, option) => {
    expect(() => check(config)).toThrow(InvalidFacetConfigError);
    expect(() => check(config)).toThrow(expect.objectContaining({ facet: 'fraud', option }) as Error);
  });

  it('lists the known options when one is unknown', () => {
    expect(() => check({ ml_model: 'm', x: 1 })).toThrow(/Known: ml_model, threshold, mode, limits/);
  });

  it('does not mistake an option that the schema renames for an unknown one', () => {
    const renaming = z.object({ idle: z.string().default('5m') }).transform(({ idle }) => ({ idleText: idle }));
    const rename = compileSchema('f', renaming);
    expect(rename({ idle: '5m' })).toEqual({ idleText: '5m' });
    expect(() => rename({ idel: '5m' })).toThrow(/idel of facet f is not known/);
  });

  it('refuses a schema that is asynchronous', () => {
    const slow = compileSchema(
      'f',
      z.object({}).refine(async () => true),
    );
    expect(() => slow({})).toThrow(InvalidFacetError);
    const rejecting: StandardSchemaV1 = {
      '~standard': { version: 1, vendor: 'test', validate: () => Promise.reject(new Error('late')) },
    };
    expect(() => compileSchema('f', rejecting)({})).toThrow(/asynchronous/);
  });

  it('refuses a whole configuration under the name config', () => {
    const never: StandardSchemaV1 = {
      '~standard': {
        version: 1,
        vendor: 'test',
        validate: () => ({ issues: [{ message: 'no', path: [] }] }),
      },
    };
    expect(() => compileSchema('f', never)({})).toThrow('Option config of facet f is refused: no.');
  });
});

describe('listSchemaOptions', () => {
  it('shows what the schema tells about itself (FC30)', () => {
    expect(listSchemaOptions(schema)).toEqual([
      { key: 'ml_model', type: 'string', description: 'File of the model', required: true },
      expect.objectContaining({ key: 'threshold', default: 0.8 }),
      { key: 'mode', type: 'string', oneOf: ['strict', 'lenient'] },
      expect.objectContaining({ key: 'limits', type: 'object' }),
    ]);
  });

  it.each<[string, StandardSchemaV1]>([
    ['says nothing', { '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value }) } }],
    ['cannot say it', z.object({ at: z.date() })],
  ])('is empty for a schema that %s', (_, silent) => {
    expect(listSchemaOptions(silent)).toEqual([]);
  });
});
