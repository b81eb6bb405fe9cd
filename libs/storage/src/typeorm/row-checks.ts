import { type EntityMetadata, InstanceChecker } from 'typeorm';

// What TypeORM would pass over in silence, and a commit must not: misspelt properties, criteria that match everything,
// values that arrive as something else. Each says what is wrong, or `null`. Pure.

/** Properties of a row to be stored. */
export function whyValuesRefused(metadata: EntityMetadata, values: unknown): string | null {
  if (!isRecord(values)) return 'was given something that is no object of properties';
  const given = Object.entries(values).filter(([, value]) => value !== undefined);
  if (given.length === 0) return 'was given no property';
  for (const [name, value] of given) {
    const reason = whyPropertyRefused(metadata, name, value);
    if (reason !== null) return reason;
  }
  return null;
}

function whyPropertyRefused(metadata: EntityMetadata, path: string, value: unknown): string | null {
  if (metadata.findColumnWithPropertyPathStrict(path) !== undefined) return null;
  const relation = metadata.findRelationWithPropertyPath(path);
  if (relation !== undefined)
    return relation.isWithJoinColumn ? null : `was given ${path}, which is stored in another table: write that one too`;
  if (metadata.findEmbeddedWithPropertyPath(path) === undefined) return `was given ${path}, which is no property of it`;
  if (!isRecord(value)) return `was given ${path}, which has to be an object`;
  for (const [name, part] of Object.entries(value)) {
    const reason = whyPropertyRefused(metadata, `${path}.${name}`, part);
    if (reason !== null) return reason;
  }
  return null;
}

/** Criteria: nothing in them may be left out by a mistake, or the statement would touch every row. */
export function whyCriteriaRefused(criteria: unknown, path = 'its criteria'): string | null {
  if (!isRecord(criteria)) return `needs an object of properties as ${path}`;
  const parts = Object.entries(criteria);
  if (parts.length === 0) return `was given nothing in ${path}, which would match every row`;
  for (const [name, value] of parts) {
    const reason = whyCriterionRefused(name, value);
    if (reason !== null) return reason;
  }
  return null;
}

function whyCriterionRefused(name: string, value: unknown): string | null {
  if (value === undefined || value === null)
    return `was given ${name}: ${value} as a criterion; say IsNull() for no value`;
  if (InstanceChecker.isFindOperator(value)) {
    if (value.child !== undefined) return whyCriterionRefused(name, value.child);
    return value.type === 'isNull' ? null : whyCriterionRefused(name, value.value);
  }
  return isRecord(value) ? whyCriteriaRefused(value, name) : null;
}

/** A value as it would be bound. */
export function whyUnbindable(value: unknown): string | null {
  if (typeof value === 'string')
    return (value as unknown as { isWellFormed(): boolean }).isWellFormed() ? null : 'text that is not valid Unicode';
  if (typeof value === 'number') return Number.isFinite(value) ? null : String(value);
  if (typeof value === 'bigint')
    return BigInt.asIntN(64, value) === value ? null : `${value}, which needs more than 64 bits`;
  if (value === null || value instanceof Uint8Array) return null;
  return `a value of type ${typeof value === 'object' ? value.constructor.name : typeof value}`;
}

/** An object that has parts, and is no value in itself. */
function isRecord(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return !(value instanceof Date) && !(value instanceof Uint8Array);
}
