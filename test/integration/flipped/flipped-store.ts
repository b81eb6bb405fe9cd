import { decodeCheckpoint, decodeEntry } from '#journal';
import { Actor, Handle, State, TerminalError, UseFacets, durability, virtualActor } from 'plexspaces';
import type { CheckpointRecord, Env, InboxRow, Storage } from 'plexspaces/spi';
import { decodeAnswer } from '../../../libs/core/src/runtime/answer-codec';
import { readableEnvelope } from '../../../libs/core/src/runtime/message-codec';
import { type App, startApp } from '../../support/app';

@Actor({ type: 'flipped' })
@UseFacets(durability({ checkpointEvery: 3 }), virtualActor())
export class Flipped {
  @State() value: unknown = { n: 0 };
  @State() puts = 0;

  @Handle() put(value: unknown): unknown {
    this.value = value;
    this.puts++;
    return value;
  }
  @Handle() refuse(): void {
    throw new TerminalError('no');
  }
  @Handle({ retry: { maxAttempts: 1 } }) poison(): void {
    throw new Error('poison');
  }
  @Handle({ readOnly: true }) count(): number {
    return this.puts;
  }
}

export const ACTOR = 'default/default/flipped/a';
export const encryption = { keys: { k1: Buffer.alloc(32, 3) }, current: 'k1' };

export type Way = readonly [codec: 'msgpack' | 'json', encryption: typeof encryption | undefined];

/** Ways to write the same. */
export const WAYS: readonly Way[] = [
  ['msgpack', undefined],
  ['json', undefined],
  ['msgpack', encryption],
];

/** Columns that hold what users gave. */
export const BLOBS = [
  ['ps_journal', 'frame'],
  ['ps_inbox', 'message'],
  ['ps_inbox', 'answer'],
  ['ps_checkpoint', 'bytes'],
] as const;

export function startFlipped(storage: Storage, [codec, given]: Way, env?: Env): Promise<App> {
  return startApp({ actors: [Flipped], storage, codec, encryption: given, env });
}

/** Entries, checkpoints, and messages in each state that they come to rest in: answered, refused, parked, waiting. */
export async function fill(storage: Storage, way: Way): Promise<void> {
  const app = await startFlipped(storage, way);
  const ref = app.client(Flipped).ref('a');
  for (let i = 0; i < 7; i++)
    await ref.with({ idempotencyKey: `put ${i}` }).ask.put({ text: `value ${i}`, list: [i, 'x'.repeat(40)] });
  await ref
    .with({ idempotencyKey: 'refused' })
    .ask.refuse()
    .catch(() => undefined);
  await ref.with({ idempotencyKey: 'poison' }).tell.poison();
  while ((await storage.inbox.parked(ACTOR)).length === 0) await ref.ask.count();
  await ref.with({ idempotencyKey: 'waiting', delay: '1h' }).tell.put({ waiting: true });
  await app.close();
}

/** What the bytes of a row say. @throws CorruptRecordError, as a runtime would */
export function readRow(row: InboxRow): unknown {
  return {
    message: row.message === null ? null : readableEnvelope(row, row.message),
    answer: row.answer === null ? null : JSON.stringify(decodeAnswer(row)),
  };
}

/** Everything that is decoded of what the blobs hold; an error of ours for what cannot be. */
export async function readAll({ journal, inbox, checkpoints }: Storage, ids: readonly string[]): Promise<unknown> {
  const entries: unknown[] = [];
  for await (const page of journal.read(ACTOR, 0)) for (const record of page) entries.push(decodeEntry(ACTOR, record));
  const rows: unknown[] = [];
  for (const id of ids) rows.push(readRow((await inbox.find(ACTOR, id)) as InboxRow));
  const listed = [
    ...(await inbox.pending(ACTOR)),
    ...(await inbox.parked(ACTOR)),
    ...(await inbox.done(ACTOR, '', 99)),
  ];
  const saved: unknown[] = [];
  for (const seq of await checkpoints.list(ACTOR)) {
    const { image, ...rest } = await decodeCheckpoint((await checkpoints.latest(ACTOR, seq)) as CheckpointRecord);
    saved.push(rest, image.toObject());
  }
  return { entries, rows, listed: listed.map(readRow), saved };
}
