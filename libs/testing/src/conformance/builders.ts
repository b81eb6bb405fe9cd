import assert from 'node:assert/strict';
import type {
  AppendWrite,
  EntryRecord,
  Head,
  InboxChange,
  InboxRow,
  JournalStorage,
  NewInboxRow,
  Outcome,
  Storage,
  Write,
} from '#spi';
import { SystemEnv } from '#spi';

const env = new SystemEnv();

/** 0 ≤ n < limit, another in each run: for keys and times that must not meet those of other runs. */
export function anyBelow(limit: number): number {
  return Math.floor(env.random() * limit);
}

/** What the journal and inbox suites need of a storage: inbox rows are written through the journal, or by the application's transactions. @publicApi */
export type MessageStorage = Pick<Storage, 'journal' | 'inbox' | 'callerTransactions'>;

export const NEW: Head = Object.freeze({ seq: 0, epoch: 0 });
/** Due times and windows of cases that are not about time. */
export const DUE = 4_000_000_000_000;
export const NEVER = 9_000_000_000_000;

/** A key nobody else uses. */
export function freshActor(label = 'actor'): string {
  return `conformance/${env.id()}/test/${label}`;
}

export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

export function textOf(bytes: Uint8Array | null): string | null {
  return bytes === null ? null : new TextDecoder().decode(bytes);
}

export function entriesAfter(seq: number, texts: readonly string[]): EntryRecord[] {
  return texts.map((text, i) => ({ seq: seq + 1 + i, bytes: bytesOf(text) }));
}

type AppendOptions = Partial<Omit<AppendWrite, 'kind' | 'actor' | 'expected' | 'entries'>>;

/** An append of these texts; an actor's first raises the epoch. */
export function append(
  actor: string,
  expected: Head,
  texts: readonly string[],
  options: AppendOptions = {},
): AppendWrite {
  return {
    kind: 'append',
    actor,
    expected,
    epoch: Math.max(1, expected.epoch),
    writer: 'writer-1',
    schema: 1,
    status: 'live',
    entries: entriesAfter(expected.seq, texts),
    inbox: [],
    sends: [],
    ...options,
  };
}

export function rowFor(actor: string, id: string, options: Partial<NewInboxRow> = {}): NewInboxRow {
  return {
    actor,
    id,
    argsHash: 'hash',
    message: bytesOf(`message ${id}`),
    attempts: 0,
    dueAt: DUE,
    ...options,
  };
}

export function accept(actor: string, id: string, options: Partial<NewInboxRow> = {}): Write {
  return { kind: 'accept', row: rowFor(actor, id, options) };
}

type End = Extract<InboxChange, { op: 'done' | 'parked' }>;

export function ended(op: 'done' | 'parked', id: string, answer: string, options: Partial<End> = {}): End {
  return { op, id, argsHash: 'hash', answer: bytesOf(answer), expiresAt: NEVER, fresh: true, ...options };
}

export function done(id: string, answer: string, options: Partial<End> = {}): End {
  return ended('done', id, answer, options);
}

/** One write, one outcome. */
export async function write(journal: JournalStorage, one: Write): Promise<Outcome> {
  const outcomes = await journal.flush([one]);
  assert.equal(outcomes.length, 1, 'one outcome per write');
  return outcomes[0] as Outcome;
}

/** A write that has to succeed. @returns the new head of an append. */
export async function commit(journal: JournalStorage, one: Write): Promise<Head> {
  const outcome = await write(journal, one);
  assert.equal(outcome.kind, one.kind === 'append' ? 'committed' : 'accepted', `unexpected outcome ${show(outcome)}`);
  return outcome.kind === 'committed' ? outcome.head : NEW;
}

/** Entries as `[seq, text]`; also checks that pages are not empty and that `seq` is dense over all of them. */
export async function readAll(
  journal: JournalStorage,
  actor: string,
  afterSeq = 0,
  throughSeq?: number,
): Promise<[number, string][]> {
  const seen: [number, string][] = [];
  for await (const page of journal.read(actor, afterSeq, throughSeq)) {
    assert.ok(page.length > 0, 'a page is never empty (J4)');
    for (const { seq, bytes } of page) {
      const last = seen.at(-1)?.[0];
      assert.ok(last === undefined || seq === last + 1, `seq ${seq} follows ${last} (J3, J4)`);
      seen.push([seq, textOf(bytes) as string]);
    }
  }
  return seen;
}

/** A row in a form that compares by value and reads well. */
export function plain(row: InboxRow | null): Record<string, unknown> | null {
  return row === null ? null : { ...row, message: textOf(row.message), answer: textOf(row.answer) };
}

export function show(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => (part instanceof Uint8Array ? `«${textOf(part)}»` : part));
}

export async function rejectsWith(code: string, call: () => Promise<unknown>, what: string): Promise<void> {
  await assert.rejects(
    call,
    (error: unknown) => (error as { code?: unknown }).code === code,
    `${what} rejects with ${code}`,
  );
}

/** Repeats `step` for as long as `work` runs, giving everything else a chance in between. */
export async function during(work: () => Promise<void>, step: () => Promise<void>): Promise<void> {
  const state = { isRunning: true };
  const result = work().finally(() => (state.isRunning = false));
  result.catch(() => undefined); // it is awaited below, unless a step fails first
  while (state.isRunning) {
    await step();
    await new Promise<void>((resolve) => env.immediate(resolve));
  }
  await result;
}
