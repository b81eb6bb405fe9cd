import { parseDuration } from '#spi';

/** Turns the text of an option into its value; `undefined`: it cannot. What the value means is the storage's to check. */
type Read = (value: string) => unknown;

interface Scheme {
  readonly isServer: boolean;
  /** Of the storage, as its module takes them. */
  readonly options: Readonly<Record<string, Read>>;
  /** Of the driver: they stay in the URL. */
  readonly driver: readonly string[];
}

const text: Read = (value) => (value === '' ? undefined : value);
const whole: Read = (value) => (/^\d{1,15}$/.test(value) ? Number(value) : undefined);
const flag: Read = (value) => ({ true: true, false: false })[value];
const durability: Read = (value) => (value === 'full' || value === 'relaxed' ? value : undefined);
const duration: Read = (value) => {
  try {
    return parseDuration(/^\d+$/.test(value) ? Number(value) : value);
  } catch {
    return undefined;
  }
};

export type SchemeName = 'memory' | 'sqlite' | 'postgres' | 'redis';

/** Storages that a URL can name. */
export const SCHEMES: Readonly<Record<SchemeName, Scheme>> = {
  memory: { isServer: false, options: {}, driver: [] },
  sqlite: { isServer: false, options: { durability, maxBytes: whole }, driver: [] },
  postgres: {
    isServer: true,
    options: {
      schema: text,
      tablePrefix: text,
      migrate: flag,
      durability,
      trustServer: flag,
      readers: whole,
      connectTimeout: duration,
      statementTimeout: duration,
      lockTimeout: duration,
    },
    driver: ['sslmode', 'sslrootcert', 'sslcert', 'sslkey'],
  },
  redis: {
    isServer: true,
    options: { prefix: text, durability, trustServer: flag, timeoutMs: whole, cluster: flag },
    driver: [],
  },
};
