import { type Duration, InvalidDurationError, isWellFormed, parseDuration } from '#spi';
import type { MessageOptions, TransactionOptions } from '../actor/actor-ref.types';
import { type ReplyToken, isToken } from '../deferred/reply-token';
import { InvalidMessageOptionError } from '../errors';

/** {@link MessageOptions}, checked, with `undefined` meaning "as the sender has it". */
export interface ResolvedMessageOptions {
  readonly idempotencyKey?: string;
  readonly timeoutMs?: number;
  readonly delayMs?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly principal?: string;
  readonly correlationId?: string;
  readonly stale?: boolean;
  readonly replyTo?: ReplyToken;
  readonly ifUndelivered?: 'retry' | 'throw';
  /** In the words of the application's library: the store knows what it is. */
  readonly transaction?: object;
}

export const NO_OPTIONS: ResolvedMessageOptions = Object.freeze({});

const KNOWN: ReadonlySet<string> = new Set([
  'idempotencyKey',
  'timeout',
  'delay',
  'headers',
  'principal',
  'correlationId',
  'stale',
  'replyTo',
  'ifUndelivered',
  'transaction',
]);
const MAX_TEXT = 512;
/** For a thousand years to come, what is due after it is due at a time that a Date can name. */
const MAX_DELAY_MS = 8.6e15;
/** Of all headers together: they travel with everything the message causes. */
const MAX_HEADERS = 64 * 1024;

/** Options of `with()` on top of those the ref had. @throws InvalidMessageOptionError naming the option */
export function resolveMessageOptions(
  options: MessageOptions | TransactionOptions,
  base: ResolvedMessageOptions,
): ResolvedMessageOptions {
  const all: unknown = options;
  if (typeof all !== 'object' || all === null)
    throw new InvalidMessageOptionError('with()', 'must be given an object of options');
  if (options.stale !== undefined && typeof options.stale !== 'boolean')
    throw new InvalidMessageOptionError('stale', 'must be true or false');
  for (const option of Object.keys(options)) {
    if (!KNOWN.has(option))
      throw new InvalidMessageOptionError(option, `is unknown; known are ${[...KNOWN].join(', ')}`);
  }
  return {
    ...base,
    ...given('idempotencyKey', text('idempotencyKey', options.idempotencyKey)),
    ...given('timeoutMs', span('timeout', options.timeout, 1)),
    ...given('delayMs', span('delay', options.delay, 0, MAX_DELAY_MS)),
    ...given('headers', headersOf(options.headers)),
    ...given('principal', text('principal', options.principal)),
    ...given('correlationId', text('correlationId', options.correlationId)),
    ...given('stale', options.stale),
    ...given('replyTo', tokenOf(options.replyTo)),
    ...given('ifUndelivered', choiceOf(options.ifUndelivered)),
    ...('transaction' in options ? { transaction: transactionOf(options.transaction) } : {}),
  };
}

function given<K extends string, V>(key: K, value: V | undefined): Partial<Record<K, V>> {
  return (value === undefined ? {} : { [key]: value }) as Partial<Record<K, V>>;
}

function text(option: string, value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== 'string' || value === '')
    throw new InvalidMessageOptionError(option, 'must be a non-empty string');
  if (Buffer.byteLength(value) > MAX_TEXT)
    throw new InvalidMessageOptionError(option, `is longer than ${MAX_TEXT} bytes`);
  // They become parts of ids, which no database keeps with these.
  if (!isWellFormed(value) || value.includes('\0'))
    throw new InvalidMessageOptionError(option, 'contains NUL or a lone surrogate');
  return value;
}

/** Also refused when it is `undefined`: the message would be sent whatever becomes of a transaction that was meant. */
function transactionOf(value: unknown): object {
  if (typeof value === 'object' && value !== null) return value;
  throw new InvalidMessageOptionError(
    'transaction',
    'must be an EntityManager or a QueryRunner with an open transaction',
  );
}

function tokenOf(value: unknown): ReplyToken | undefined {
  if (value === undefined || isToken(value)) return value;
  throw new InvalidMessageOptionError('replyTo', 'must be a token of ctx.deferReply()');
}

function choiceOf(value: MessageOptions['ifUndelivered']): 'retry' | 'throw' | undefined {
  if (value === undefined || value === 'retry' || value === 'throw') return value;
  throw new InvalidMessageOptionError('ifUndelivered', "must be 'retry' or 'throw'");
}

function span(option: string, value: Duration | undefined, least: number, most = Infinity): number | undefined {
  if (value === undefined) return undefined;
  try {
    const ms = parseDuration(value);
    if (ms >= least && ms <= most) return ms;
  } catch (error) {
    if (!(error instanceof InvalidDurationError)) throw error;
  }
  const range = most === Infinity ? `of at least ${least} ms` : `from ${least} to ${most} ms`;
  throw new InvalidMessageOptionError(option, `must be a duration ${range}, such as '30s'`);
}

function headersOf(headers: unknown): Readonly<Record<string, string>> | undefined {
  if (headers === undefined) return undefined;
  if (typeof headers !== 'object' || headers === null || Array.isArray(headers))
    throw new InvalidMessageOptionError('headers', 'must be an object of strings');
  const entries = Object.entries(headers);
  let bytes = 0;
  for (const [name, value] of entries) {
    const option = `headers.${name}`;
    if (typeof value !== 'string') throw new InvalidMessageOptionError(option, 'must be a string');
    if (name === '__proto__') throw new InvalidMessageOptionError(option, 'is not a name the codec can keep');
    if (!isWellFormed(name + value)) throw new InvalidMessageOptionError(option, 'contains a lone surrogate');
    bytes += Buffer.byteLength(name) + Buffer.byteLength(value);
  }
  if (bytes > MAX_HEADERS)
    throw new InvalidMessageOptionError('headers', `are longer than ${MAX_HEADERS} bytes together`);
  return Object.freeze(Object.fromEntries(entries) as Record<string, string>);
}
