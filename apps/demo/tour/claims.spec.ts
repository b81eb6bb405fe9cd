import type { Claim } from '../claim';
import { judgeCheckpoints } from './checkpoint-claims';
import { judgeEffects } from './effect-claims';
import type { EntryView, Evidence } from './evidence';
import { judgeDeaths, judgeExactlyOnce } from './exactly-once-claims';
import { judgeJournal } from './journal-claims';
import { judgeReplay, judgeTimeTravel } from './replay-claims';

const ACTOR = 'default/default/counter/tour';
const keyOf = (id: string, ordinal: number): string => `${ACTOR}/key/0//${id}/handler/${ordinal}`;

/** The four entries of one message. */
function turn(afterSeq: number, id: string, rate: number, receipt: number): EntryView[] {
  const header = { id: '', time: 0, correlationId: id };
  const effect = { ...header, kind: 'SideEffectExecuted', scope: 'handler' };
  const messageId = `key/0//${id}`;
  return [
    { ...header, seq: afterSeq + 1, kind: 'MessageReceived', messageId },
    { ...effect, seq: afterSeq + 2, name: 'todaysRate', ordinal: 0, result: rate },
    { ...effect, seq: afterSeq + 3, name: 'fetchReceipt', ordinal: 1, result: receipt },
    { ...header, seq: afterSeq + 4, kind: 'MessageProcessed', messageId },
  ];
}

/** Two messages; the second was killed after its first call, which was made again, and then before its second. */
function honest(): Evidence {
  const first = { point: 'effect.afterCall', at: 3, meaning: '', leaves: null };
  const leaves = { again: 'todaysRate', recorded: 'todaysRate', answered: false };
  const second = { point: 'effect.afterIntent', at: 2, meaning: '', leaves };
  return {
    actor: ACTOR,
    planned: [first, second],
    deaths: [
      { kill: first, signal: 'SIGKILL', hit: 'effect.afterCall 3', message: 'm2' },
      { kill: second, signal: 'SIGKILL', hit: 'effect.afterIntent 2', message: 'm2' },
    ],
    sent: [
      { id: 'm1', by: 2, answer: 6, deliveries: 1, effects: [{ name: 'todaysRate', fromRecord: true }] },
      { id: 'm2', by: -1, answer: 1, deliveries: 3, effects: [{ name: 'todaysRate', fromRecord: true }] },
    ],
    mishap: 'm1',
    repeats: [
      { id: 'm1', answer: 6 },
      { id: 'm2', answer: 1 },
    ],
    callsBeforeRepeats: 5,
    conflict: 'PS_IDEMPOTENCY_CONFLICT',
    current: 1,
    entries: [...turn(0, 'm1', 3, 2), ...turn(4, 'm2', 5, 5)],
    checkpoints: [{ seq: 8, time: 0, bytes: 40 }],
    verified: { ok: true, turns: 2, unverifiable: 0, divergences: [] },
    past: [
      { id: 'm1', seq: 4, value: 6 },
      { id: 'm2', seq: 8, value: 1 },
    ],
    currentAfterTimeTravel: 1,
    recovery: {
      messages: 10,
      entries: 30,
      replayMs: 100,
      checkpointMs: 5,
      replayValue: 9,
      checkpointValue: 9,
    },
    ledger: [
      { call: 1, path: '/rate', key: keyOf('m1', 0), answer: 3 },
      { call: 2, path: '/receipt', key: keyOf('m1', 1), answer: 2 },
      { call: 3, path: '/rate', key: keyOf('m2', 0), answer: 7 },
      { call: 4, path: '/rate', key: keyOf('m2', 0), answer: 5 },
      { call: 5, path: '/receipt', key: keyOf('m2', 1), answer: 5 },
    ],
  };
}

function judge(evidence: Evidence): Claim[] {
  return [
    ...judgeJournal(evidence),
    ...judgeCheckpoints(evidence, 1),
    ...judgeReplay(evidence),
    ...judgeEffects(evidence),
    ...judgeDeaths(evidence),
    ...judgeExactlyOnce(evidence),
    ...judgeTimeTravel(evidence),
  ];
}

function failed(evidence: Evidence): string[] {
  return judge(evidence)
    .filter(({ holds }) => !holds)
    .map(({ sentence }) => sentence);
}

type Lie = (evidence: Evidence) => Partial<Evidence>;

const divergence = { messageId: 'm2', method: 'increment', seq: 5, expected: 'a call', got: 'none' };

const lies: [what: string, sentence: string, lie: Lie][] = [
  [
    'a message is not in the journal',
    'every message is in the journal',
    ({ entries }) => ({ entries: entries.slice(0, 4) }),
  ],
  ['an entry is missing', 'sequence numbers have no gap', ({ entries }) => ({ entries: entries.slice(1) })],
  [
    'an effect is not on record',
    'has both of its side effects',
    ({ entries }) => ({ entries: entries.filter(({ seq }) => seq !== 3) }),
  ],
  ['no checkpoint was taken', 'a checkpoint is taken every', () => ({ checkpoints: [], deaths: [] })],
  [
    'a checkpoint covers what is not there',
    'a checkpoint is taken every',
    ({ checkpoints }) => ({ checkpoints: [...checkpoints, { seq: 9, time: 0, bytes: 1 }] }),
  ],
  ['a checkpoint saves little', '90 % faster', ({ recovery }) => ({ recovery: { ...recovery, checkpointMs: 11 } })],
  [
    'a recovery leads elsewhere',
    'lead to the same state',
    ({ recovery }) => ({ recovery: { ...recovery, replayValue: 8 } }),
  ],
  [
    'the code takes another path',
    'takes the same path',
    () => ({ verified: { ok: false, turns: 2, unverifiable: 0, divergences: [divergence] } }),
  ],
  [
    'a past state is another',
    'what its sender was told then',
    ({ past }) => ({ past: [{ id: 'm1', seq: 4, value: 5 }, ...past.slice(1)] }),
  ],
  ['the journal leads elsewhere', 'the whole journal is the live one', () => ({ current: 2 })],
  [
    'no effect came from a record',
    'went on from the record',
    ({ sent }) => ({ sent: sent.map((one) => ({ ...one, effects: [] })) }),
  ],
  [
    'a recorded effect was called again',
    'the record holds the last call',
    ({ ledger }) => ({ ledger: [...ledger, { call: 6, path: '/rate', key: keyOf('m1', 0), answer: 9 }] }),
  ],
  [
    'a recorded call was never made',
    'the record holds the last call',
    ({ ledger }) => ({ ledger: ledger.filter(({ call }) => call !== 2) }),
  ],
  [
    'a call had a key of nobody',
    'key of an effect that is on record',
    ({ ledger }) => ({ ledger: [...ledger, { call: 6, path: '/rate', key: 'none', answer: 9 }] }),
  ],
  ['a call was repeated without a crash', 'only after a crash', () => ({ deaths: [] })],
  [
    'the ledger lost a call',
    'the ledger is complete',
    ({ ledger }) => ({ ledger: ledger.filter(({ call }) => call !== 3) }),
  ],
  ['a kill did not happen', 'killed by SIGKILL at every point', () => ({ deaths: [] })],
  [
    'a kill was a crash of its own',
    'killed by SIGKILL at every point',
    ({ deaths }) => ({ deaths: deaths.map((death) => ({ ...death, signal: 'SIGABRT' })) }),
  ],
  [
    'a kill came elsewhere',
    'killed by SIGKILL at every point',
    ({ deaths }) => ({ deaths: deaths.map((death) => ({ ...death, hit: null })) }),
  ],
  [
    'a message did more than was left to do',
    'no less and no more',
    ({ ledger }) => ({ ledger: ledger.filter(({ call }) => call !== 3) }),
  ],
  [
    'a message was applied twice',
    'received once and completed once',
    ({ entries }) => ({ entries: [...entries, ...turn(8, 'm2', 5, 5)] }),
  ],
  ['the value is another', 'what the amounts and the ledger', () => ({ current: 2 })],
  [
    'a repeat got another answer',
    'got their first answer',
    ({ repeats }) => ({ repeats: [{ id: 'm1', answer: 7 }, ...repeats.slice(1)] }),
  ],
  ['a repeat reached the service', 'nor looking back reached the rate service', () => ({ callsBeforeRepeats: 4 })],
  ['a conflict was taken', 'another amount is refused', () => ({ conflict: '' })],
  ['looking back changed the present', 'does not disturb', () => ({ currentAfterTimeTravel: 2 })],
];

describe('the claims of the tour', () => {
  it('hold for an honest run', () => {
    expect(failed(honest())).toEqual([]);
  });

  it.each(lies)('notice when %s (EX08)', (_, sentence, lie) => {
    const evidence = honest();
    expect(failed({ ...evidence, ...lie(evidence) })).toContainEqual(expect.stringContaining(sentence));
  });

  it('have a lie against each of them', () => {
    const untested = judge(honest()).filter(({ sentence }) => !lies.some(([, part]) => sentence.includes(part)));
    expect(untested).toEqual([]);
  });
});
