import type { Retention } from '#journal';
import { parseDuration } from '#spi';
import type { RetentionOption } from './durability.facet';

const EXPECTED = "must be 'history', 'checkpoint' or { keepEntries, keepFor }";
const BOUNDS = ['keepEntries', 'keepFor'];

/** Why a policy is none, or nothing. */
export function whyNoRetention(value: unknown): string | undefined {
  if (value === 'history' || value === 'checkpoint') return undefined;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return `${EXPECTED}, not ${show(value)}`;
  const given = value as Readonly<Record<string, unknown>>;
  const unknown = Object.keys(given).find((name) => !BOUNDS.includes(name));
  if (unknown !== undefined) return `has no bound ${unknown}; it ${EXPECTED}`;
  const { keepEntries, keepFor } = given;
  if (keepEntries === undefined && keepFor === undefined) return `sets no bound; it ${EXPECTED}`;
  if (keepEntries !== undefined && !(Number.isSafeInteger(keepEntries) && (keepEntries as number) >= 0))
    return `keepEntries must be a whole number from 0 up, not ${show(keepEntries)}`;
  if (keepFor !== undefined && !isDuration(keepFor))
    return `keepFor must be a duration such as '30d', not ${show(keepFor)}`;
  return undefined;
}

/** Of a policy that is one. `null`: all is kept. */
export function readRetention(option: RetentionOption): Retention | null {
  if (option === 'history') return null;
  if (option === 'checkpoint') return { keepEntries: 0, keepForMs: null };
  const { keepEntries = null, keepFor } = option;
  return { keepEntries, keepForMs: keepFor === undefined ? null : parseDuration(keepFor) };
}

function isDuration(value: unknown): boolean {
  try {
    parseDuration(value as string | number);
    return true;
  } catch {
    return false;
  }
}

function show(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}
