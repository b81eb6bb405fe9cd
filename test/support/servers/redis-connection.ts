import { ReplyLine } from './reply-line';
import type { TestServer } from './test-server';

export type RedisValue = string | number | null | readonly RedisValue[] | Error;

/** Speaks RESP2: commands, and whatever comes back. */
export class RedisConnection {
  private constructor(private readonly line: ReplyLine<RedisValue>) {}

  /** @param port of a proxy before the server; default: the server's own */
  static async open({ host, port, url }: TestServer, through = port): Promise<RedisConnection> {
    const connection = new RedisConnection(await ReplyLine.open({ host, port: through }, takeValue));
    const { username, password, pathname } = url;
    if (password !== '')
      await connection.command('AUTH', ...[username, password].filter(Boolean).map(decodeURIComponent));
    if (pathname.length > 1) await connection.command('SELECT', pathname.slice(1));
    return connection;
  }

  /** @throws ConnectionLostError, or what the server reports */
  async command(...words: readonly string[]): Promise<RedisValue> {
    const parts = words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`);
    const value = await this.line.ask(Buffer.from(`*${words.length}\r\n${parts.join('')}`));
    if (value instanceof Error) throw value;
    return value;
  }

  close(): void {
    this.line.close();
  }
}

/** One value from the front; `undefined` while it is not complete. */
function takeValue(bytes: Buffer): { reply: RedisValue; length: number } | undefined {
  const lineEnd = bytes.indexOf('\r\n');
  if (lineEnd === -1) return undefined;
  const head = bytes.toString('utf8', 1, lineEnd);
  const start = lineEnd + 2;
  switch (String.fromCharCode(bytes[0] as number)) {
    case '+':
      return { reply: head, length: start };
    case '-':
      return { reply: new Error(head), length: start };
    case ':':
      return { reply: Number(head), length: start };
    case '$': {
      if (head === '-1') return { reply: null, length: start };
      const end = start + Number(head);
      return bytes.length < end + 2 ? undefined : { reply: bytes.toString('utf8', start, end), length: end + 2 };
    }
    case '*':
      return head === '-1' ? { reply: null, length: start } : takeArray(bytes, start, Number(head));
    default:
      throw new Error(`Not RESP: ${JSON.stringify(bytes.toString('latin1', 0, 40))}`);
  }
}

function takeArray(bytes: Buffer, start: number, count: number): { reply: RedisValue; length: number } | undefined {
  const values: RedisValue[] = [];
  let length = start;
  while (values.length < count) {
    const taken = takeValue(bytes.subarray(length));
    if (taken === undefined) return undefined;
    values.push(taken.reply);
    length += taken.length;
  }
  return { reply: values, length };
}
