import { CorruptRecordError, type EntryRecord, type HeadRow, type InboxRow, type Storage } from '#spi';
import { verifyEntry } from '../entries/entry-codec';
import { ExportOvertakenError } from '../errors';
import { firstKeptSeq, lastExpendableSeq } from '../retention/kept-history';
import { ARCHIVE_VERSION, type ArchivePart, jsonOf, sumAfter } from './archive-format';

export interface ExportOptions {
  /** Beginning of the encoded ids, or one whole id with `isExact`. */
  readonly prefix: string;
  readonly isExact?: boolean;
  /** Only what `truncate` could take: entries that the oldest of two readable checkpoints covers. */
  readonly beforeCheckpoint?: boolean;
  readonly onActor?: (actor: string) => void;
}

/** What was written: the last archived entry of each actor. */
export type Exported = ReadonlyMap<string, number>;

const PAGE = 500;
/** Entries per line, and bytes: a line is held in memory whole. */
const BLOCK_ENTRIES = 100;
const BLOCK_BYTES = 256 * 1024;
const TRIES = 10;

/**
 * Writes actors as the lines of an archive; reads beside running actors. Every entry is checked on the way: damage is not archived.
 * @throws CorruptRecordError; ExportOvertakenError for a whole actor that does not stand still, or not for long enough
 */
export async function* exportActors(
  store: Storage,
  nowMs: number,
  options: ExportOptions,
): AsyncGenerator<string, Exported> {
  const exported = new Map<string, number>();
  let sum = '';
  let entries = 0;
  const line = (part: ArchivePart): string => {
    const json = jsonOf(part);
    sum = sumAfter(sum, json);
    if (part.kind === 'entries') entries += part.entries.length;
    return `${json}\t${sum}\n`;
  };
  const { name } = store.journal;
  yield line({ kind: 'start', start: { archive: 'plexspaces', version: ARCHIVE_VERSION, time: nowMs, store: name } });
  for await (const actor of actorsOf(store, options)) {
    const parts = options.beforeCheckpoint === true ? rangeOf(store, actor) : wholeOf(store, actor);
    for await (const part of parts) {
      if (part.kind === 'actor') exported.set(actor, part.actor.through);
      yield line(part);
    }
    options.onActor?.(actor);
  }
  yield line({ kind: 'end', end: { actors: exported.size, entries } });
  return exported;
}

async function* actorsOf({ journal }: Storage, { prefix, isExact }: ExportOptions): AsyncGenerator<string> {
  for (let after = ''; ;) {
    const names = await journal.actors(prefix, after, PAGE);
    for (const name of names) if (isExact !== true || name === prefix) yield name;
    if (names.length < PAGE) return;
    after = names.at(-1) as string;
  }
}

async function* wholeOf(store: Storage, actor: string): AsyncGenerator<ArchivePart> {
  const [head, rows] = await standStill(store, actor);
  yield { kind: 'actor', actor: { actor, scope: 'whole', head, through: head.seq } };
  const first = (await firstKeptSeq(store.journal, actor)) ?? head.seq + 1;
  for (let after = first - 1; after < head.seq; after += BLOCK_ENTRIES)
    for (const entries of await blocks(store, actor, after, Math.min(after + BLOCK_ENTRIES, head.seq)))
      yield { kind: 'entries', entries };
  let begins = first === 1 || isPurged(head, first);
  for (const seq of [...(await store.checkpoints.list(actor))].reverse()) {
    const record = seq > head.seq ? null : await store.checkpoints.latest(actor, seq);
    if (record?.seq !== seq) continue;
    begins ||= seq >= first - 1;
    yield { kind: 'checkpoint', seq, time: record.time, bytes: record.bytes };
  }
  if (!begins) throw await whyWithoutBeginning(store, head, actor, first);
  for (let i = 0; i < rows.length; i += BLOCK_ENTRIES) yield { kind: 'rows', rows: rows.slice(i, i + BLOCK_ENTRIES) };
}

/** Nothing is left of it but its head row. */
function isPurged({ status, seq }: HeadRow, first: number): boolean {
  return status === 'terminated' && first > seq;
}

/** There is no checkpoint that its entries could follow: those there were gave way to newer ones, or somebody took them. */
async function whyWithoutBeginning(store: Storage, head: HeadRow, actor: string, first: number): Promise<Error> {
  if ((await store.journal.head(actor)).seq !== head.seq) return new ExportOvertakenError(actor);
  return new CorruptRecordError(actor, `Entry ${first - 1}`, 'it is missing, and there is no checkpoint in its place');
}

/** The last block first: import puts each below the one before. */
async function* rangeOf(store: Storage, actor: string): AsyncGenerator<ArchivePart> {
  const through = await lastExpendableSeq(store, actor);
  const first = await firstKeptSeq(store.journal, actor);
  if (first === null || through < first) return;
  yield { kind: 'actor', actor: { actor, scope: 'range', head: await store.journal.head(actor), through } };
  for (let last = through; last >= first; last -= BLOCK_ENTRIES) {
    const found = await blocks(store, actor, Math.max(first - 1, last - BLOCK_ENTRIES), last);
    for (const entries of found.reverse()) yield { kind: 'entries', entries };
  }
}

/** Entries after `afterSeq` up to `throughSeq`, all of them there and intact. */
async function blocks(
  { journal }: Storage,
  actor: string,
  afterSeq: number,
  throughSeq: number,
): Promise<EntryRecord[][]> {
  const found: EntryRecord[][] = [];
  let bytes = Infinity;
  let last = afterSeq;
  for await (const page of journal.read(actor, afterSeq, throughSeq)) {
    for (const record of page) {
      if (record.seq !== last + 1) break;
      verifyEntry(actor, record);
      if (bytes > BLOCK_BYTES) {
        found.push([]);
        bytes = 0;
      }
      found.at(-1)?.push(record);
      bytes += record.bytes.length;
      last = record.seq;
    }
  }
  if (last === throughSeq) return found;
  throw new CorruptRecordError(actor, `Entry ${last + 1}`, `it is missing, while the journal goes on to ${throughSeq}`);
}

/** Head row and messages that belong together. */
async function standStill({ journal, inbox }: Storage, actor: string): Promise<[HeadRow, readonly InboxRow[]]> {
  for (let tries = 0; tries < TRIES; tries++) {
    const head = await journal.head(actor);
    const rows = [...(await inbox.pending(actor)), ...(await inbox.parked(actor))];
    for (let after = ''; ;) {
      const page = await inbox.done(actor, after, PAGE);
      rows.push(...page);
      if (page.length < PAGE) break;
      after = (page.at(-1) as InboxRow).id;
    }
    const now = await journal.head(actor);
    if (now.seq === head.seq && now.epoch === head.epoch && now.writer === head.writer) return [head, rows];
  }
  throw new ExportOvertakenError(actor);
}
