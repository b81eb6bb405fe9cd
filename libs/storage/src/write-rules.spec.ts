import type { AppendWrite, InboxChange, InboxState } from '#spi';
import { decideInboxChange, MAX_SEQ, whyRefused } from './write-rules';

const row = { actor: 'a', id: 'm', argsHash: '', message: new Uint8Array(), attempts: 0, dueAt: 0 };
const end = { argsHash: '', answer: new Uint8Array(), expiresAt: null };

const changes: Record<string, InboxChange> = {
  open: { op: 'open', id: 'm', row: null },
  'open new': { op: 'open', id: 'm', row },
  attempt: { op: 'attempt', id: 'm', attempts: 1, dueAt: 0 },
  done: { op: 'done', id: 'm', fresh: false, ...end },
  'done new': { op: 'done', id: 'm', fresh: true, ...end },
  parked: { op: 'parked', id: 'm', fresh: false, ...end },
  'done unless ended': { op: 'done', id: 'm', fresh: false, sparesEnded: true, ...end },
  revive: { op: 'revive', id: 'm', row },
  'parked new': { op: 'parked', id: 'm', fresh: true, ...end },
};

describe('decideInboxChange', () => {
  const states: (InboxState | null)[] = [null, 'queued', 'open', 'done', 'parked'];

  it.each([
    ['open', 'unknown', 'update', 'update', 'duplicate', 'duplicate'],
    ['open new', 'insert', 'duplicate', 'duplicate', 'duplicate', 'duplicate'],
    ['attempt', 'unknown', 'update', 'update', 'duplicate', 'duplicate'],
    ['done', 'unknown', 'update', 'update', 'duplicate', 'duplicate'],
    ['done new', 'insert', 'duplicate', 'duplicate', 'duplicate', 'duplicate'],
    ['done unless ended', 'spare', 'update', 'update', 'spare', 'spare'],
    ['parked', 'unknown', 'update', 'update', 'duplicate', 'duplicate'],
    ['parked new', 'insert', 'duplicate', 'duplicate', 'duplicate', 'duplicate'],
    ['revive', 'unknown', 'duplicate', 'duplicate', 'duplicate', 'update'],
  ])('%s on no row: %s, queued: %s, open: %s, done: %s, parked: %s', (name, ...expected) => {
    const change = changes[name] as InboxChange;
    expect(states.map((state) => decideInboxChange(change, state))).toEqual(expected);
  });
});

describe('whyRefused', () => {
  const append: AppendWrite = {
    kind: 'append',
    actor: 'a',
    expected: { seq: 4, epoch: 2 },
    epoch: 2,
    writer: 'w',
    schema: 1,
    status: 'live',
    entries: [5, 6].map((seq) => ({ seq, bytes: new Uint8Array() })),
    inbox: [],
    sends: [],
  };

  it.each<[string, Partial<AppendWrite>, string | null]>([
    ['nothing of a good append', {}, null],
    ['nothing of an epoch raised by one', { epoch: 3 }, null],
    ['an epoch raised by two', { epoch: 4 }, 'epoch 4 does not follow'],
    ['an epoch lowered', { epoch: 1 }, 'epoch 1 does not follow'],
    ['a gap', { entries: [{ seq: 6, bytes: new Uint8Array() }] }, 'entry 6 does not follow entry 4'],
    ['a full journal', { expected: { seq: MAX_SEQ - 1, epoch: 2 } }, 'is full'],
    ['an opened row of another id', { inbox: [{ op: 'open', id: 'n', row }] }, 'comes with the row of m'],
    ['a revived row of another id', { inbox: [{ op: 'revive', id: 'n', row }] }, 'comes with the row of m'],
    ['a lone surrogate', { inbox: [{ op: 'open', id: '\ud800', row: null }] }, 'not valid Unicode'],
    ['rows, where there are no tables', { rows: [] }, 'no tables'],
    ['a NUL', { sends: [{ ...row, id: 'a\0' }] }, 'not valid Unicode'],
  ])('refuses %s', (_, change, reason) => {
    const given = whyRefused({ ...append, ...change }, false);
    if (reason === null) expect(given).toBeNull();
    else expect(given).toContain(reason);
  });

  it('takes rows where there are tables', () => {
    expect(whyRefused({ ...append, rows: [] }, true)).toBeNull();
  });
});
