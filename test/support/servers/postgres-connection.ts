import { userInfo } from 'node:os';
import { ReplyLine } from './reply-line';
import type { TestServer } from './test-server';

const PROTOCOL_3 = 196_608;

interface PostgresReply {
  readonly rows: readonly (readonly (string | null)[])[];
  readonly error: string | undefined;
}

/** Speaks as much of the wire protocol as a test of commits needs: trust, simple queries, values as text. */
export class PostgresConnection {
  private constructor(private readonly line: ReplyLine<PostgresReply>) {}

  /** @param port of a proxy before the server; default: the server's own */
  static async open({ host, port, url }: TestServer, through = port): Promise<PostgresConnection> {
    const line = await ReplyLine.open({ host, port: through }, takeReply);
    const user = decodeURIComponent(url.username) || userInfo().username;
    const settings = ['user', user, 'database', url.pathname.slice(1) || user, '', ''].join('\0').slice(0, -1);
    const connection = new PostgresConnection(line);
    await connection.send(message('', int32(PROTOCOL_3), Buffer.from(`${settings}\0`)));
    return connection;
  }

  /** Rows of the statement. @throws ConnectionLostError, or what the server reports */
  async query(sql: string): Promise<PostgresReply['rows']> {
    return (await this.send(message('Q', Buffer.from(`${sql}\0`)))).rows;
  }

  close(): void {
    this.line.close();
  }

  private async send(bytes: Buffer): Promise<PostgresReply> {
    const reply = await this.line.ask(bytes);
    if (reply.error !== undefined) throw new Error(reply.error);
    return reply;
  }
}

function message(type: string, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.from(type), int32(body.length + 4), body]);
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

/** All messages up to ReadyForQuery; one that refuses the connection ends with its error. */
function takeReply(bytes: Buffer): { reply: PostgresReply; length: number } | undefined {
  const rows: (string | null)[][] = [];
  let error: string | undefined;
  for (let at = 0; at + 5 <= bytes.length;) {
    const type = String.fromCharCode(bytes[at] as number);
    const end = at + 1 + bytes.readInt32BE(at + 1);
    if (end > bytes.length) return undefined;
    const body = bytes.subarray(at + 5, end);
    if (type === 'E') error = body.toString().split('\0').map((field) => field.slice(1)).filter(Boolean).join(' '); // prettier-ignore
    if (type === 'R' && body.readInt32BE(0) !== 0) error = 'The server wants a password; this client has none to give.';
    if (type === 'D') rows.push(columnsOf(body));
    at = end;
    const isRefused = error !== undefined && (type === 'R' || error.includes('FATAL'));
    if (type === 'Z' || isRefused) return { reply: { rows, error }, length: at };
  }
  return undefined;
}

function columnsOf(body: Buffer): (string | null)[] {
  const columns: (string | null)[] = [];
  for (let at = 2; columns.length < body.readInt16BE(0);) {
    const length = body.readInt32BE(at);
    at += 4;
    columns.push(length === -1 ? null : body.toString('utf8', at, at + length));
    at += Math.max(0, length);
  }
  return columns;
}
