import { createHash } from 'node:crypto';

/** A Lua script as the server knows it. */
export interface Script {
  readonly lua: string;
  readonly sha: string;
  /** It writes nothing: to run it twice is as good as once. */
  readonly isRead: boolean;
}

export function script(...parts: readonly string[]): Script {
  const lua = parts.join('\n');
  return { lua, sha: createHash('sha1').update(lua).digest('hex'), isRead: false };
}

export function readScript(...parts: readonly string[]): Script {
  return { ...script(...parts), isRead: true };
}
