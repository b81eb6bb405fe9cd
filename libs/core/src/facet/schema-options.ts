import type { StandardJSONSchemaV1, StandardSchemaV1 } from '@standard-schema/spec';
import { InvalidFacetConfigError, InvalidFacetError } from '../errors';
import type { ConfigOption } from './facet';

/** A Standard Schema as a function from what was written to what is in effect. Synchronous schemas only. */
export function compileSchema(
  facet: string,
  schema: StandardSchemaV1,
): (config: Readonly<Record<string, unknown>>) => unknown {
  return (config) => {
    const result = validate(facet, schema, config);
    if (result.issues) {
      const [issue] = result.issues;
      const path = (issue?.path ?? []).map((part) => String(typeof part === 'object' ? part.key : part));
      throw new InvalidFacetConfigError(facet, path.join('.') || 'config', `is refused: ${issue?.message ?? ''}`);
    }
    const ignored = Object.keys(config).find(
      (key) => config[key] !== undefined && isIgnored(facet, schema, config, key, result.value),
    );
    if (ignored !== undefined) {
      const known = listSchemaOptions(schema).map((option) => option.key);
      throw new InvalidFacetConfigError(facet, ignored, `is not known. Known: ${known.join(', ') || 'see its schema'}`);
    }
    return result.value;
  };
}

/** The options a schema can tell about itself (Standard JSON Schema); none when it cannot. */
export function listSchemaOptions(schema: StandardSchemaV1): ConfigOption[] {
  const { jsonSchema } = schema['~standard'] as Partial<StandardJSONSchemaV1.Props>;
  if (jsonSchema === undefined) return [];
  let shape: JsonShape;
  try {
    shape = jsonSchema.input({ target: 'draft-2020-12' });
  } catch {
    return []; // the standard lets a schema refuse what JSON Schema cannot express
  }
  return Object.entries(shape.properties ?? {}).map(([key, property]) => ({
    key,
    ...(property.description !== undefined && { description: property.description }),
    ...(isOptionType(property.type) && { type: property.type }),
    ...(shape.required?.includes(key) && { required: true }),
    ...(property.default !== undefined && { default: property.default }),
    ...(property.enum !== undefined && { oneOf: property.enum }),
  }));
}

interface JsonShape {
  readonly properties?: Readonly<Record<string, JsonProperty>>;
  readonly required?: readonly string[];
}

interface JsonProperty {
  readonly type?: unknown;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
}

function isOptionType(type: unknown): type is 'string' | 'number' | 'boolean' | 'object' {
  return type === 'string' || type === 'number' || type === 'boolean' || type === 'object';
}

function validate(facet: string, schema: StandardSchemaV1, config: unknown): StandardSchemaV1.Result<unknown> {
  const result = schema['~standard'].validate(config);
  if (result instanceof Promise) {
    result.catch(() => undefined);
    throw new InvalidFacetError(facet, 'the schema of its configuration is asynchronous, which is not supported');
  }
  return result;
}

/**
 * Most schemas drop an unknown key in silence. A key that is missing from the outcome is one of those, unless
 * the schema renamed it; to tell them apart it is given a value that nothing but ignorance lets pass.
 */
function isIgnored(
  facet: string,
  schema: StandardSchemaV1,
  config: Readonly<Record<string, unknown>>,
  key: string,
  outcome: unknown,
): boolean {
  if (typeof outcome !== 'object' || outcome === null || key in outcome) return false;
  try {
    return validate(facet, schema, { ...config, [key]: Symbol('impossible') }).issues === undefined;
  } catch {
    return false;
  }
}
