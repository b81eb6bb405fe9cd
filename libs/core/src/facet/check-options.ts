import { parseDuration } from '#spi';
import { InvalidFacetConfigError, InvalidFacetError } from '../errors';
import type { ConfigOption } from './facet';

type OptionType = NonNullable<ConfigOption['type']>;

/** A configuration as the facet is handed it, and as it can be written to get it again. */
export interface CheckedConfig {
  readonly config: unknown;
  readonly options: Readonly<Record<string, unknown>>;
}

/** A list of options as a function from what was written to what is in effect. @throws InvalidFacetError for a list that contradicts itself */
export function compileOptions(
  facet: string,
  options: readonly ConfigOption[],
): (config: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>> {
  const owners = new Map<string, ConfigOption>();
  for (const option of options) {
    for (const name of namesOf(option)) {
      if (owners.has(name)) throw new InvalidFacetError(facet, `two of its options are named ${name}`);
      owners.set(name, option);
    }
    checkDefault(facet, option);
  }
  const known = options.map(describeOption).join(', ') || 'none';

  return (config) => {
    for (const name of Object.keys(config)) {
      if (!owners.has(name)) throw new InvalidFacetConfigError(facet, name, `is not known. Known: ${known}`);
    }
    const entries = options.map((option) => [option.key, valueOf(facet, option, config)] as const);
    return Object.freeze(Object.fromEntries(entries.filter(([, value]) => value !== undefined)));
  };
}

/** `undefined`, and the `None` of the reference documents, mean not given. */
function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function valueOf(facet: string, option: ConfigOption, config: Readonly<Record<string, unknown>>): unknown {
  const given = namesOf(option).filter((name) => isGiven(config[name]));
  const values = given.map((name) => coerce(facet, option, name, config[name]));
  const other = values.findIndex((value) => value !== values[0]);
  if (other > 0) {
    const [name, alias] = [given[0] as string, given[other] as string];
    throw new InvalidFacetConfigError(facet, alias, `contradicts ${name}: they are two names of one option`);
  }
  if (given.length > 0) return values[0];
  if (option.required) throw new InvalidFacetConfigError(facet, option.key, 'is required');
  return isGiven(option.default) ? coerce(facet, option, option.key, option.default) : option.default;
}

function coerce(facet: string, option: ConfigOption, name: string, value: unknown): unknown {
  const type = typeOf(option);
  const result = type === undefined ? value : CONVERT[type](value);
  const reason =
    result === undefined
      ? `must be ${EXPECTED[type as OptionType]}, not ${show(value)}`
      : option.oneOf && !option.oneOf.includes(result)
        ? `must be one of ${option.oneOf.map(show).join(', ')}, not ${show(value)}`
        : option.check?.(result);
  if (reason !== undefined) throw new InvalidFacetConfigError(facet, name, reason);
  return result;
}

const EXPECTED: Readonly<Record<OptionType, string>> = {
  string: 'a string',
  number: 'a number',
  boolean: 'true or false',
  duration: "a duration: milliseconds or a string such as '30s'",
  object: 'an object',
};

/** `undefined`: not of that type. */
const CONVERT: Readonly<Record<OptionType, (value: unknown) => unknown>> = {
  string: (value) => (typeof value === 'string' ? value : undefined),
  number: (value) => {
    const number = isNumeric(value) ? Number(value) : value;
    return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
  },
  boolean: (value) => {
    if (value === 'true' || value === 'false') return value === 'true';
    return typeof value === 'boolean' ? value : undefined;
  },
  duration: (value) => {
    try {
      return parseDuration(isNumeric(value) ? Number(value) : (value as number | string));
    } catch {
      return undefined;
    }
  },
  object: (value) => (typeof value === 'object' && value !== null ? value : undefined),
};

function typeOf(option: ConfigOption): OptionType | undefined {
  if (option.type !== undefined) return option.type;
  if (typeof option.default === 'number' || isNumeric(option.default)) return 'number';
  return typeof option.default === 'boolean' ? 'boolean' : undefined;
}

function isNumeric(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== '' && Number.isFinite(Number(value));
}

function checkDefault(facet: string, option: ConfigOption): void {
  if (!isGiven(option.default)) return;
  if (option.required) {
    throw new InvalidFacetError(facet, `its option ${option.key} is required and has a default: drop one of them`);
  }
  try {
    coerce(facet, option, option.key, option.default);
  } catch (error) {
    throw new InvalidFacetError(facet, `the default of its option ${(error as InvalidFacetConfigError).message}`);
  }
}

function namesOf(option: ConfigOption): readonly string[] {
  return option.alias === undefined ? [option.key] : [option.key, ...[option.alias].flat()];
}

function describeOption(option: ConfigOption): string {
  const [key, ...aliases] = namesOf(option);
  return aliases.length === 0 ? (key as string) : `${key as string} (or ${aliases.join(', ')})`;
}

function show(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}
