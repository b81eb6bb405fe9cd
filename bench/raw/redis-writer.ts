import { type ChainableCommander, Redis } from 'ioredis';
import { type RawAppend, WRITER, actorName, messageId } from './raw-protocol';
import type { RawWriter } from './raw-store';
import type { AppendShape, InboxShape } from './record-turn';

/** As many as the store spreads its actors over. */
const PARTITIONS = 1024;

/** What the store puts before each entry, beside the 4 bytes of a frame's field; and before a row. */
const ENTRY_BYTES = 4;
const ROW_HEAD = `5a5a5a5a 2 0 - ${'9'.repeat(13)} 0\n`;

/**
 * One MULTI … EXEC per group, sent at once, with the very keys and values that the store writes: what somebody would write by
 * hand. Nothing is read or compared.
 */
export class RedisRawWriter implements RawWriter {
  private constructor(
    private readonly client: Redis,
    private readonly shapes: readonly AppendShape[],
    private readonly places: readonly { readonly base: string; readonly actor: string }[],
  ) {}

  static async open(url: string, keys: number, shapes: readonly AppendShape[]): Promise<RedisRawWriter> {
    const client = new Redis(url, { lazyConnect: true });
    await client.connect();
    const places = Array.from({ length: keys }, (_, key) => ({
      base: `raw:{p${(key * 37) % PARTITIONS}}:`,
      actor: actorName(key),
    }));
    return new RedisRawWriter(client, shapes, places);
  }

  async write(appends: readonly RawAppend[]): Promise<void> {
    const group = this.client.multi();
    for (const append of appends) this.add(group, append);
    const replies = await group.exec();
    const error = replies === null ? new Error('The group was refused.') : replies.find(([refusal]) => refusal)?.[0];
    if (error) throw error;
  }

  async close(): Promise<void> {
    await this.client.quit();
  }

  private add(group: ChainableCommander, { key, seq, step, number }: RawAppend): void {
    const { entries, frameBytes, inbox } = this.shapes[step] as AppendShape;
    const { base, actor } = this.places[key] as (typeof this.places)[number];
    group.hset(`${base}h`, actor, `5a5a5a5a ${seq + entries} 1 1 0 ${WRITER}`);
    const entry = Buffer.alloc(Math.round(frameBytes / Math.max(1, entries)) + ENTRY_BYTES, 0x5a);
    if (entries > 0) group.rpush(`${base}j:${actor}`, ...new Array<Buffer>(entries).fill(entry));
    for (const change of inbox) addRow(group, base, actor, change, number);
  }
}

function addRow(group: ChainableCommander, base: string, actor: string, change: InboxShape, number: number): void {
  const id = messageId(number, change.idLength);
  const field = `${actor}\0${id}`;
  const member = `${actor}\0${String(number).padStart(14, '0')}${id}`;
  if (change.op === 'open') {
    group.incr(`${base}n`);
    group.zadd(`${base}q`, 0, member);
    group.zadd(`${base}d`, number, field);
  } else {
    if (change.op === 'end') {
      group.zrem(`${base}q`, member);
      group.zrem(`${base}d`, field);
    }
    group.zadd(`${base}e`, number, field);
  }
  group.hset(`${base}i`, field, Buffer.concat([Buffer.from(ROW_HEAD), Buffer.alloc(change.bytes, 0x5a)]));
}
