import { type JournalEntry, type MessageSent, type SideEffectExecuted, decodePayload } from '#journal';

export interface SeenEffect extends SideEffectExecuted {
  readonly seq: number;
}

export interface SeenSend extends MessageSent {
  readonly seq: number;
  readonly isDelayed: boolean;
}

/** One message in the journal of its receiver. */
export interface TurnView {
  readonly messageId: string;
  /** Its first entry. */
  readonly seq: number;
  /** Wall clock of that. */
  readonly at: number;
  /** `null` when only its end is there: parked before it ever started. */
  readonly received: { readonly sender: string; readonly causationId: string; readonly method: string } | null;
  readonly args: readonly unknown[];
  readonly effects: readonly SeenEffect[];
  readonly sends: readonly SeenSend[];
  /** `open`: the journal has no end of it. */
  readonly end: 'ok' | 'error' | 'parked' | 'open';
  /** It has ended for good: it is not open, and was not parked and taken up again by an operator. */
  readonly isOver: boolean;
  /** It was parked before, and goes on here since an operator said so. */
  readonly isTakenUp: boolean;
  /** What its acts are named after: its id, or another one when the operator would have it done anew. */
  readonly actsAs: string;
  /** Its answer, when it ended ok. */
  readonly result: unknown;
  /** `replayOnActivation: false`: the activation before it began from the initial state. */
  readonly afterReset: boolean;
}

type Draft = { -readonly [K in keyof TurnView]: TurnView[K] } & { effects: SeenEffect[]; sends: SeenSend[] };

/** Sorts a journal into turns, as well as it can be: what breaks the journal's own rules is not judged here. */
export function readTurns(entries: readonly JournalEntry[]): TurnView[] {
  const turns: Draft[] = [];
  let open: Draft | null = null;
  let afterReset = false;
  const takenUp = new Set<string>();
  const begin = (entry: JournalEntry, messageId: string): Draft => {
    const turn = { ...begunBy(entry, messageId), isTakenUp: takenUp.has(messageId), afterReset };
    afterReset = false;
    turns.push(turn);
    return turn;
  };
  for (const entry of entries) {
    switch (entry.kind) {
      case 'ActivationStarted':
        afterReset ||= entry.reset;
        break;
      case 'MessageReceived': {
        open = begin(entry, entry.messageId);
        const { sender, causationId, method } = entry;
        open.received = { sender, causationId, method };
        open.args = decodePayload(entry.payload) as unknown[];
        if (causationId.startsWith(`${entry.messageId}~`)) open.actsAs = causationId;
        break;
      }
      case 'SideEffectExecuted':
        open?.effects.push(entry);
        break;
      case 'MessageSent':
        open?.sends.push({ ...entry, isDelayed: entry.dueAt > entry.time });
        break;
      case 'MessageProcessed':
      case 'MessageParked': {
        const turn: Draft = open?.messageId === entry.messageId ? open : begin(entry, entry.messageId);
        if (entry.kind === 'MessageParked') turn.end = 'parked';
        else turn.end = entry.error === null ? 'ok' : 'error';
        turn.isOver = true;
        if (turn.end === 'ok' && entry.kind === 'MessageProcessed' && entry.result !== null)
          turn.result = decodePayload(entry.result);
        if (turn.end === 'ok' && turn.received?.method === '$revive') takenUp.add(takeUp(turns, turn));
        open = null;
        break;
      }
      default:
    }
  }
  return turns;
}

function begunBy({ seq, time }: JournalEntry, messageId: string): Draft {
  return {
    messageId,
    seq,
    at: time,
    received: null,
    args: [],
    effects: [],
    sends: [],
    end: 'open',
    isOver: false,
    isTakenUp: false,
    actsAs: messageId,
    result: undefined,
    afterReset: false,
  };
}

/** What was parked goes on later. @returns the message the operator has taken up */
function takeUp(turns: readonly Draft[], { args }: TurnView): string {
  const [messageId] = args as [id: string];
  for (const turn of turns) if (turn.messageId === messageId && turn.end === 'parked') turn.isOver = false;
  return messageId;
}
