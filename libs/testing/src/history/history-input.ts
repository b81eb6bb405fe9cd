import type { JournalEntry } from '#journal';
import type { ActorModel } from './actor-model';
import type { LedgerLine } from './ledger-line';
import type { OperationRecord } from './operation-record';

/** One actor as its store has it when all is over; {@link readActors} reads it. */
export interface ActorHistory {
  /** Encoded id. */
  readonly actor: string;
  /** The whole journal, from entry 1. */
  readonly entries: readonly JournalEntry[];
  /** Ids of its messages that have not ended, in the order of acceptance. */
  readonly pending: readonly string[];
  /** Slots of its state by name, recovered as an activation would: latest checkpoint and the entries after it. */
  readonly recovered: Readonly<Record<string, unknown>>;
  /** The same from entry 1, without any checkpoint. */
  readonly replayed: Readonly<Record<string, unknown>>;
}

/** A fault that the run was to meet, and how often it did. */
export interface PlannedFault {
  readonly name: string;
  readonly fired: number;
}

/** The record of an effect was seen in the store when the ledger had this many calls of its key. */
export interface EffectObservation {
  readonly key: string;
  readonly calls: number;
}

/** Everything a run is judged by. @publicApi */
export interface HistoryInput {
  /** What clients did; each changing operation under an idempotency key or a known message id. */
  readonly operations: readonly OperationRecord[];
  readonly actors: readonly ActorHistory[];
  /** By actor type. Actors of a type without one are not held against H2's bounds, H11 and H12's model. */
  readonly models: Readonly<Record<string, ActorModel>>;
  /** Calls of effects, in the order they arrived. Default: none. */
  readonly ledger?: readonly LedgerLine[];
  /** Names of the effects that reach the ledger. Default: none. */
  readonly ledgerEffects?: readonly string[];
  readonly observations?: readonly EffectObservation[];
  /** What a read at the very end showed, by encoded actor id. */
  readonly finals?: Readonly<Record<string, unknown>>;
  readonly faults?: readonly PlannedFault[];
  /** Least share of requests that end `ok`, else the run is invalid. Default: 0.8. */
  readonly minOkShare?: number;
  /** Configurations that the search for a linearization may visit per actor before it gives up, which fails the run. Default: 200,000. */
  readonly maxConfigurations?: number;
}

/**
 * H1 no acknowledged message is lost · H2 each id counts once, acked ≤ final ≤ acked + unknown · H3 FIFO per sender and receiver ·
 * H4 epochs and seq · H5 answers equal the journaled ones · H6 effects are called before they are recorded and never after ·
 * H7 each committed send is received once, none of other turns · H11 linearizable per actor · H12 the state is what the journal says.
 */
export type HistoryRule = 'H1' | 'H2' | 'H3' | 'H4' | 'H5' | 'H6' | 'H7' | 'H11' | 'H12';

export interface HistoryProblem {
  readonly rule: HistoryRule;
  readonly actor?: string;
  readonly message: string;
}

export type InvalidReason = 'too few ok' | 'fault never fired' | 'nothing happened';

export interface HistoryFigures {
  /** Attempts of clients. */
  readonly operations: number;
  /** Ids, and each read. */
  readonly requests: number;
  readonly ok: number;
  readonly failed: number;
  readonly unknown: number;
  readonly actors: number;
  readonly entries: number;
  readonly turns: number;
  readonly effects: number;
  readonly ledgerLines: number;
  readonly sends: number;
  /** Operations put in order by the search for a linearization, and configurations it visited. */
  readonly linearized: number;
  readonly configurations: number;
  readonly faultsFired: number;
  /** Types of actors without a model. */
  readonly unmodelled: readonly string[];
}

/** @publicApi */
export interface HistoryVerdict {
  /** `violated`: a promise was broken. `invalid`: no breach was found, but the run proves nothing. */
  readonly verdict: 'passed' | 'violated' | 'invalid';
  readonly problems: readonly HistoryProblem[];
  readonly invalid: readonly { readonly reason: InvalidReason; readonly message: string }[];
  readonly figures: HistoryFigures;
}
