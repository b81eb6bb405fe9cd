import type { DataSource, EntityMetadata } from 'typeorm';
import type { RowValue } from '#spi';
import type { Tables } from '../postgres/tables';
import { whyUnbindable } from './row-checks';
import { SQLITE_ENTITY_SCHEMAS } from './sqlite.entity-schema';

/** What differs from database to database when `ctx.rows` is compiled. */
export interface RowDialect {
  /** Nobody but the store writes these. */
  isOwn(metadata: EntityMetadata, dataSource: DataSource): boolean;
  /** Why a value cannot be a parameter, as TypeORM leaves it; or `null`. */
  whyUnbindable(value: unknown): string | null;
  /** The parameter, apart from whatever the handler goes on using. */
  bound(value: unknown): RowValue;
}

const SQLITE_TABLES: ReadonlySet<unknown> = new Set([
  'ps_migrations',
  ...SQLITE_ENTITY_SCHEMAS.map(({ options }) => options.tableName),
]);

export const SQLITE_ROWS: RowDialect = {
  isOwn: ({ tableName }) => SQLITE_TABLES.has(tableName.toLowerCase()),
  whyUnbindable: (value) => (isConverted(value) ? null : whyUnbindable(value)),
  bound: (value) => {
    if (typeof value === 'boolean') return value ? 1 : 0;
    return value instanceof Uint8Array ? new Uint8Array(value) : (value as RowValue);
  },
};

/** The driver makes text of dates, a number of what is true, and of lists one parameter each. */
function isConverted(value: unknown): boolean {
  return typeof value === 'boolean' || value instanceof Date || Array.isArray(value);
}

export function postgresRows(tables: Tables): RowDialect {
  const { schema, prefix, ...names } = tables;
  const own: ReadonlySet<string> = new Set([...Object.values(names), `${schema}.${prefix}migrations`]);
  return {
    isOwn: (metadata, { options }) => {
      const { schema: given = 'public' } = options as { readonly schema?: string };
      return own.has(`"${metadata.schema ?? given}".${metadata.tableName}`);
    },
    whyUnbindable: whyNoParameter,
    bound: (value) => (value instanceof Uint8Array ? new Uint8Array(value) : textOf(value)),
  };
}

function whyNoParameter(value: unknown): string | null {
  if (Array.isArray(value)) return value.map(whyNoParameter).find((reason) => reason !== null) ?? null;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'an invalid date' : null;
  if (typeof value === 'string' && value.includes('\0')) return 'text with NUL';
  if (['boolean', 'number', 'bigint', 'undefined'].includes(typeof value)) return null; // the server judges what fits the column
  return whyUnbindable(value);
}

/** As the driver would send it, with which TypeORM reckons. */
function textOf(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  if (Array.isArray(value)) return `{${value.map(elementOf).join(',')}}`;
  return value instanceof Date ? dateText(value) : `${value as string | number | bigint | boolean}`;
}

function elementOf(value: unknown): string {
  if (value === null || value === undefined) return 'NULL';
  if (Array.isArray(value)) return textOf(value) as string;
  if (value instanceof Uint8Array) return `"\\\\x${Buffer.from(value).toString('hex')}"`;
  return `"${(textOf(value) as string).replace(/[\\"]/g, '\\$&')}"`;
}

/** The time of this process's zone, with its offset: a column without a zone keeps the former, one with a zone heeds both. */
function dateText(date: Date): string {
  const digits = (number: number, length: number): string => String(number).padStart(length, '0');
  const [year, offset] = [date.getFullYear(), -date.getTimezoneOffset()];
  const day = [digits(year < 1 ? 1 - year : year, 4), digits(date.getMonth() + 1, 2), digits(date.getDate(), 2)];
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => digits(part, 2));
  const zone = [Math.floor(Math.abs(offset) / 60), Math.abs(offset) % 60].map((part) => digits(part, 2));
  const text = `${day.join('-')}T${time.join(':')}.${digits(date.getMilliseconds(), 3)}${offset < 0 ? '-' : '+'}${zone.join(':')}`;
  return year < 1 ? `${text} BC` : text;
}
