import type { AppendWrite, HeadRow, InboxRow, Outcome } from '#spi';
import { type StoredFacts, decideOutcomes } from './decide-outcomes';

const bytes = Buffer.from('mine');
const write: AppendWrite = {
  kind: 'append',
  actor: 'a',
  expected: { seq: 4, epoch: 2 },
  epoch: 2,
  writer: 'w1',
  schema: 1,
  status: 'live',
  entries: [{ seq: 5, bytes }],
  inbox: [],
  sends: [],
};
const head = (seq: number, epoch = 2, writer = 'w1'): HeadRow => ({
  seq,
  epoch,
  writer,
  schema: 1,
  status: 'live',
});
const inboxRow = (state: InboxRow['state'], attempts = 0): InboxRow => ({
  actor: 'a',
  id: 'm',
  argsHash: 'h',
  state,
  message: null,
  attempts,
  dueAt: null,
  answer: null,
  expiresAt: null,
});
const without = (inbox: AppendWrite['inbox']): AppendWrite => ({ ...write, entries: [], inbox });
const ended = (op: 'done' | 'parked') =>
  ({ op, id: 'm', argsHash: 'h', answer: bytes, expiresAt: null, fresh: false }) as const;
const takenBack = { ...ended('done'), sparesEnded: true } as const;

const committed: Outcome = { kind: 'committed', head: { seq: 5, epoch: 2 } };
const noted: Outcome = { kind: 'committed', head: { seq: 4, epoch: 2 } };
const failed: Outcome = { kind: 'failed', reason: 'why' };
const conflict = (seq: number, epoch: number): Outcome => ({ kind: 'conflict', actual: { seq, epoch } });

interface Facts {
  head?: HeadRow;
  row?: InboxRow | null;
  last?: Uint8Array | null;
}

describe('decideOutcomes', () => {
  it.each<[string, AppendWrite, Facts, Outcome | undefined]>([
    ['the head was not read', write, {}, undefined],
    ['the head stands before', write, { head: head(4) }, failed],
    ['the head stands elsewhere', write, { head: head(4, 3, 'w2') }, conflict(4, 3)],
    ['a head of theirs is like ours', { ...write, continues: true }, { head: head(4, 2, 'w2') }, conflict(4, 2)],
    ['our head is where it goes on', { ...write, continues: true }, { head: head(4) }, failed],
    ['our entry is there', write, { head: head(5), last: bytes }, committed],
    ['our entry is there, and theirs behind it', write, { head: head(9, 3, 'w2'), last: bytes }, committed],
    ['another entry is there', write, { head: head(9, 3, 'w2'), last: Buffer.from('theirs') }, conflict(9, 3)],
    ['the entry was not read', write, { head: head(5) }, undefined],
    ['the entry was truncated, the head is ours', write, { head: head(7), last: null }, committed],
    ['the entry was truncated, the head is theirs', write, { head: head(7, 3, 'w2'), last: null }, undefined],
    ['no entries, no rows', without([]), { head: head(4) }, noted],
    [
      'attempt counted',
      without([{ op: 'attempt', id: 'm', attempts: 2, dueAt: 0 }]),
      { head: head(4), row: inboxRow('open', 2) },
      noted,
    ],
    [
      'attempt not counted',
      without([{ op: 'attempt', id: 'm', attempts: 2, dueAt: 0 }]),
      { head: head(4), row: inboxRow('open', 1) },
      failed,
    ],
    ['row opened', without([{ op: 'open', id: 'm', row: null }]), { head: head(4), row: inboxRow('open') }, noted],
    [
      'row not opened',
      without([{ op: 'open', id: 'm', row: null }]),
      { head: head(4), row: inboxRow('queued') },
      failed,
    ],
    ['row parked', without([ended('parked')]), { head: head(4), row: inboxRow('parked') }, noted],
    ['row not parked', without([ended('parked')]), { head: head(4), row: inboxRow('open') }, failed],
    ['row taken back', without([takenBack]), { head: head(4), row: inboxRow('done') }, noted],
    ['row not taken back', without([takenBack]), { head: head(4), row: inboxRow('queued') }, failed],
    ['row spared, since it was parked', without([takenBack]), { head: head(4), row: inboxRow('parked') }, noted],
    ['row spared, since it was forgotten', without([takenBack]), { head: head(4), row: null }, noted],
    ['row absent', without([ended('done')]), { head: head(4), row: null }, failed],
    ['row not read', without([ended('done')]), { head: head(4) }, undefined],
    [
      'epoch raised',
      { ...without([]), epoch: 3 },
      { head: head(4, 3) },
      { kind: 'committed', head: { seq: 4, epoch: 3 } },
    ],
    ['epoch not raised', { ...without([]), epoch: 3 }, { head: head(4) }, failed],
  ])('%s', (_, given, facts, expected) => {
    const stored: StoredFacts = { head: () => facts.head, row: () => facts.row, lastEntry: () => facts.last };
    expect(decideOutcomes([given], stored, 'why')).toEqual([expected]);
  });
});
