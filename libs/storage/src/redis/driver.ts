import type { Command, Redis, RedisOptions } from 'ioredis';
import { MissingPackageError } from '#spi';

export type Connection = Redis;
export interface Driver {
  readonly Redis: new (options: RedisOptions) => Redis;
  readonly Command: typeof Command;
}

/** ioredis is optional: who never opens a Redis store need not have it. @throws MissingPackageError */
export async function loadDriver(load: () => Promise<unknown> = () => import('ioredis')): Promise<Driver> {
  try {
    const loaded = (await load()) as Driver & { default?: Driver };
    return typeof loaded.Redis === 'function' ? loaded : (loaded.default as Driver);
  } catch (error) {
    throw new MissingPackageError('ioredis', 'RedisStorage', { cause: error });
  }
}

/** The server answered, and says no: in contrast to a connection that ended, what it refused is known not to have run to its end. */
export function isReply(error: unknown): boolean {
  return (error as { readonly name?: unknown } | null | undefined)?.name === 'ReplyError';
}
