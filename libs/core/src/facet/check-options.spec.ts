import { InvalidFacetConfigError, InvalidFacetError } from '../errors';
import { compileOptions } from './check-options';
import type { ConfigOption } from './facet';

const fraud: readonly ConfigOption[] = [
  { key: 'ml_model', type: 'string', required: true },
  { key: 'threshold', type: 'number', default: '0.8' },
  { key: 'enabled', type: 'boolean', default: true },
  { key: 'window', type: 'duration', alias: ['period', 'time_window'] },
  { key: 'mode', oneOf: ['strict', 'lenient'] },
  { key: 'limits', type: 'object' },
  {
    key: 'share',
    type: 'number',
    check: (value) => ((value as number) <= 1 ? undefined : 'must be at most 1'),
  },
];

describe('compileOptions', () => {
  const check = compileOptions('fraud_detection', fraud);
  const ml_model = 'fraud-v2.onnx';

  it('fills in defaults, converted like given values (FC31)', () => {
    expect(check({ ml_model })).toEqual({ ml_model, threshold: 0.8, enabled: true });
  });

  it.each<[string, Record<string, unknown>, Record<string, unknown>]>([
    ['a number in a string (FC34)', { threshold: '0.95' }, { threshold: 0.95 }],
    ['a number', { threshold: 0.95 }, { threshold: 0.95 }],
    ['zero', { threshold: 0 }, { threshold: 0 }],
    ['a boolean in a string', { enabled: 'false' }, { enabled: false }],
    ['a duration', { window: '2m' }, { window: 120_000 }],
    ['milliseconds in a string', { window: '250' }, { window: 250 }],
    ['an alias', { period: 5 }, { window: 5 }],
    ['two names that agree', { window: '1s', time_window: 1000 }, { window: 1000 }],
    ['null for not given', { threshold: null }, { threshold: 0.8 }],
    ['undefined for not given', { enabled: undefined }, { enabled: true }],
    ['one of the allowed values', { mode: 'strict' }, { mode: 'strict' }],
    ['an object', { limits: { day: 1 } }, { limits: { day: 1 } }],
  ])('accepts %s', (_, given, inEffect) => {
    expect(check({ ml_model, ...given })).toMatchObject(inEffect);
  });

  it.each<[string, Record<string, unknown>, string, RegExp]>([
    ['what is no number (FC34)', { threshold: 'abc' }, 'threshold', /must be a number, not "abc"/],
    ['an empty string for a number', { threshold: '' }, 'threshold', /must be a number/],
    ['NaN', { threshold: NaN }, 'threshold', /must be a number, not NaN/],
    ['a boolean for a number', { threshold: true }, 'threshold', /must be a number/],
    ['what is no boolean', { enabled: 'yes' }, 'enabled', /must be true or false/],
    ['the name of a built-in method', { enabled: 'constructor' }, 'enabled', /must be true or false/],
    ['a negative duration', { window: -1 }, 'window', /must be a duration/],
    ['a negative duration in a string', { window: '-1' }, 'window', /must be a duration/],
    ['a bad value by the name it was given', { period: 'soon' }, 'period', /must be a duration/],
    ['a number for a string', { ml_model: 5 }, 'ml_model', /must be a string, not 5/],
    ['a string for an object', { limits: 'none' }, 'limits', /must be an object/],
    ['a value that is not allowed', { mode: 'lax' }, 'mode', /one of "strict", "lenient", not "lax"/],
    ['what the option itself refuses', { share: '1.5' }, 'share', /must be at most 1/],
    ['two names that disagree', { window: '1s', time_window: '2s' }, 'time_window', /contradicts window/],
    ['an unknown option (FC20)', { treshold: 1 }, 'treshold', /is not known. Known: ml_model, threshold/],
    ['an option missing (FC31)', { ml_model: undefined }, 'ml_model', /is required/],
  ])('refuses %s, naming it', (_, given, option, message) => {
    const attempt = () => check({ ml_model, ...given });
    expect(attempt).toThrow(InvalidFacetConfigError);
    expect(attempt).toThrow(expect.objectContaining({ facet: 'fraud_detection', option }) as Error);
    expect(attempt).toThrow(message);
  });

  it('takes the type from the default where none is given', () => {
    const untyped = compileOptions('f', [
      { key: 'threshold', default: '0.8' },
      { key: 'on', default: false },
      { key: 'name', default: 'x' },
    ]);
    expect(untyped({ threshold: '0.95', on: 'true', name: 'y' })).toEqual({
      threshold: 0.95,
      on: true,
      name: 'y',
    });
    expect(() => untyped({ threshold: 'abc' })).toThrow(/Option threshold of facet f must be a number/);
  });

  it.each<[string, readonly ConfigOption[], RegExp]>([
    ['is required and has a default', [{ key: 'a', required: true, default: 1 }], /required and has a default/],
    ['has a default that it would refuse', [{ key: 'a', type: 'number', default: 'x' }], /default.*must be a number/],
    ['is named like another', [{ key: 'a' }, { key: 'b', alias: 'a' }], /two of its options are named a/],
  ])('refuses an option that %s', (_, options, message) => {
    expect(() => compileOptions('f', options)).toThrow(InvalidFacetError);
    expect(() => compileOptions('f', options)).toThrow(message);
  });
});
