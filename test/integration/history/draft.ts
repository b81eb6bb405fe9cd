import { type EntryBody, type ErrorRecord, type JournalEntry, encodePayload } from '#journal';
import type { ActorHistory, ActorModel, HistoryInput, LedgerLine, OperationRecord } from 'plexspaces/testing';
import { callOf } from '../../../libs/testing/src/history/model-call';
import { readTurns } from '../../../libs/testing/src/history/turn-view';
import { models } from './bank';

export const A = 'default/default/account/a';
export const B = 'default/default/account/b';
export const BOOK = 'default/default/book/main';

/** A turn as a forger writes it down. */
export interface DraftTurn {
  readonly id: string;
  readonly method: string;
  readonly args?: readonly unknown[];
  readonly sender?: string;
  /** Message of the sender's turn that sent it. */
  readonly causationId?: string;
  /** Values of the effects recorded, by name. */
  readonly effects?: readonly (readonly [name: string, value: unknown])[];
  readonly sends?: readonly {
    readonly id: string;
    readonly receiver: string;
    readonly method: string;
    readonly args: readonly unknown[];
  }[];
  readonly result?: unknown;
  readonly end?: 'ok' | 'error' | 'parked' | 'open';
}

const CAUSE: ErrorRecord = { name: 'Error', code: '', message: 'poison', details: null, status: 0, cause: null };

/** A history that may be changed at will before it is made: what is not touched is consistent with the rest. */
export class Draft {
  /** Turns, and epochs that begin. */
  readonly journals: Record<string, (DraftTurn | number)[]> = { [A]: [1], [B]: [1], [BOOK]: [1] };
  readonly operations: OperationRecord[] = [];
  readonly ledger: LedgerLine[] = [];
  readonly observations: { key: string; calls: number }[] = [];
  readonly pending: Record<string, string[]> = {};
  faults = [{ name: 'crash', fired: 3 }];
  /** Last changes, on what is made. */
  entries: (actor: string, entries: JournalEntry[]) => JournalEntry[] = (_, entries) => entries;
  actor: (history: ActorHistory) => ActorHistory = (history) => history;
  finals: (finals: Record<string, unknown>) => Record<string, unknown> = (finals) => finals;

  turn(actor: string, turn: DraftTurn): this {
    this.journals[actor]!.push(turn);
    return this;
  }

  /** A journaled turn, and the operation that asked for it, sent and ended one after the other. */
  done(actor: string, turn: DraftTurn, operation: Partial<OperationRecord> = {}): this {
    this.turn(actor, turn);
    return this.operation({
      id: turn.id,
      actor,
      method: turn.method,
      args: turn.args ?? [],
      ...(operation.kind === 'tell' ? {} : { value: turn.result }),
      ...operation,
    });
  }

  operation(given: Partial<OperationRecord> & Pick<OperationRecord, 'id' | 'actor' | 'method'>): this {
    const invoked = given.invoked ?? this.operations.length * 10 + 1;
    const base = {
      client: 'client',
      kind: 'ask',
      args: [],
      readOnly: false,
      ended: invoked + 5,
      outcome: 'ok',
    } as const;
    this.operations.push({ ...base, ...given, invoked });
    return this;
  }

  read(actor: string, value: number, given: Partial<OperationRecord> = {}): this {
    return this.operation({ id: 'read', actor, method: 'current', readOnly: true, value, ...given });
  }

  edit(id: string, change: Partial<OperationRecord>): this {
    const at = this.operations.findIndex((operation) => operation.id === id);
    this.operations[at] = { ...this.operations[at]!, ...change };
    return this;
  }

  editTurn(actor: string, id: string, change: Partial<DraftTurn> | null): this {
    const turns = this.journals[actor]!;
    const at = turns.findIndex((turn) => typeof turn === 'object' && turn.id === id);
    if (change === null) turns.splice(at, 1);
    else turns[at] = { ...(turns[at] as DraftTurn), ...change };
    return this;
  }

  make(): HistoryInput {
    const actors = Object.keys(this.journals).map((actor) => this.actor(this.history(actor)));
    const finals = Object.fromEntries(
      actors.filter(({ actor }) => actor !== BOOK).map(({ actor, replayed }) => [actor, replayed['value']]),
    );
    const { operations, ledger, observations, faults } = this;
    return {
      operations,
      actors,
      models,
      ledger,
      ledgerEffects: ['pay'],
      observations,
      finals: this.finals(finals),
      faults,
    };
  }

  private history(actor: string): ActorHistory {
    const entries = this.entries(actor, numbered(actor, this.journals[actor]!));
    const state = fold(actor, entries);
    return { actor, entries, pending: this.pending[actor] ?? [], recovered: state, replayed: state };
  }
}

/** What the runtime would have made of these turns. */
function fold(actor: string, entries: readonly JournalEntry[]): Record<string, unknown> {
  const { initial, apply } = (actor === BOOK ? models.book : models.account) as ActorModel;
  return readTurns(entries).reduce((state, turn) => {
    const call = turn.end === 'ok' ? callOf(turn) : null;
    return call === null || call.method === 'poison' ? state : apply(state, call).state;
  }, initial) as Record<string, unknown>;
}

function numbered(actor: string, turns: readonly (DraftTurn | number)[]): JournalEntry[] {
  const bodies = turns.flatMap((turn) => (typeof turn === 'number' ? [activation(turn)] : bodiesOf(turn)));
  return bodies.map((body, i) => ({ actor, seq: i + 1, id: `${i}`, time: i, correlationId: '', ...body }));
}

function activation(epoch: number): EntryBody {
  return {
    kind: 'ActivationStarted',
    epoch,
    node: `node ${epoch}`,
    codeVersion: '1',
    facetChain: '',
    reset: false,
    schema: 0,
  };
}

function bodiesOf({
  id,
  method,
  args = [],
  sender = '',
  causationId = '',
  effects = [],
  sends = [],
  result,
  end = 'ok',
}: DraftTurn): EntryBody[] {
  const bodies: EntryBody[] = [
    {
      kind: 'MessageReceived',
      messageId: id,
      sender,
      causationId,
      method,
      payload: encodePayload(args),
      headers: {},
      principal: '',
    },
    ...effects.map(([name, value], ordinal): EntryBody => ({
      kind: 'SideEffectExecuted',
      scope: 'handler',
      ordinal,
      name,
      argsHash: '',
      result: encodePayload(value),
      error: null,
      attempts: 1,
    })),
    ...sends.map((send): EntryBody => ({
      kind: 'MessageSent',
      messageId: send.id,
      receiver: send.receiver,
      method: send.method,
      payload: encodePayload(send.args),
      dueAt: 0,
    })),
  ];
  if (end === 'ok')
    bodies.push({ kind: 'MessageProcessed', messageId: id, result: encodePayload(result), error: null });
  if (end === 'error') bodies.push({ kind: 'MessageProcessed', messageId: id, result: null, error: CAUSE });
  if (end === 'parked') bodies.push({ kind: 'MessageParked', messageId: id, attempts: 5, cause: CAUSE });
  return bodies;
}

const note = (id: string, line: number) => ({ id, receiver: BOOK, method: 'note', args: ['a', line] });

/** A history that keeps every promise, with an example of everything that can be broken. */
export function goodDraft(): Draft {
  const draft = new Draft()
    .done(A, { id: 'k1', method: 'add', args: [1], result: 1 })
    .done(A, { id: 'k2', method: 'charge', args: [10], effects: [['pay', 7]], result: 7 })
    .done(A, { id: 'k3', method: 'forward', sends: [note('k3/0', 0)], result: 0 })
    .turn(BOOK, { id: 'k3/0', method: 'note', args: ['a', 0], sender: A, causationId: 'k3' })
    .done(A, { id: 'k4', method: 'forward', sends: [note('k4/0', 1)], result: 1 })
    .turn(BOOK, { id: 'k4/0', method: 'note', args: ['a', 1], sender: A, causationId: 'k4' })
    .read(A, 11);
  draft.journals[A]!.push(2);
  draft
    .done(A, { id: 't1', method: 'add', args: [100], result: 111 }, { kind: 'tell' })
    .done(A, { id: 't2', method: 'add', args: [1_000], result: 1_111 }, { kind: 'tell' })
    .turn(B, { id: 'k5/0', method: 'add', args: [5], sender: A, causationId: 'k5', result: 5 })
    .done(A, { id: 'k5', method: 'move', args: ['b', 5], effects: [['ask:account.add', 5]], result: 5 })
    .done(A, { id: 'p1', method: 'poison', end: 'parked' }, { outcome: 'fail' })
    .operation({ id: 'u1', actor: A, method: 'add', args: [10_000], outcome: 'info', ended: null })
    .done(B, { id: 'b1', method: 'add', args: [1], result: 6 })
    .done(B, { id: 'b2', method: 'charge', args: [20], effects: [['pay', 9]], result: 9 });
  draft.ledger.push(call(A, 'k2', 7), call(B, 'b2', 8), call(B, 'b2', 9)); // the second was called twice: it died in between
  draft.observations.push({ key: keyOf(A, 'k2'), calls: 1 }, { key: keyOf(B, 'b2'), calls: 2 });
  return draft;
}

export function keyOf(actor: string, id: string): string {
  return `${actor}/${id}/handler/0`;
}

export function call(actor: string, id: string, value: unknown): LedgerLine {
  return { key: keyOf(actor, id), name: 'pay', at: 0, value };
}
