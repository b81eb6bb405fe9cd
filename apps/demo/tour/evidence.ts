import type { Verification } from 'plexspaces';
import type { LedgerLine } from '../rates/ledger';
import type { WatchedEffect } from '../worker/turn-watch';
import type { Kill } from './kill-plan';

/** One message as its sender saw it. */
export interface Sent {
  readonly id: string;
  readonly by: number;
  /** The first answer it got. */
  readonly answer: number;
  /** Times it was sent until that answer came. */
  readonly deliveries: number;
  /** What its run did in the process that answered; empty when that process had the answer already. */
  readonly effects: readonly WatchedEffect[];
}

/** One death as the parent saw it. */
export interface Death {
  readonly kill: Kill;
  readonly signal: string | null;
  /** `effect.afterCall 3`: what the process said last; `null` when it was killed from outside, or not there. */
  readonly hit: string | null;
  /** The message that was under way. */
  readonly message: string;
}

/** An entry as `describeEntry` shows it: the header, and the fields of its kind. */
export interface EntryView {
  readonly seq: number;
  readonly kind: string;
  readonly id: string;
  readonly time: number;
  readonly correlationId: string;
  readonly [field: string]: unknown;
}

export interface CheckpointView {
  readonly seq: number;
  readonly time: number;
  readonly bytes: number;
}

/** A message sent once more under its own id, after all was over. */
export interface Repeat {
  readonly id: string;
  readonly answer: number;
}

/** The state at the end of one message, from the journal alone. */
export interface PastValue {
  readonly id: string;
  readonly seq: number;
  readonly value: number;
}

export interface RecoveryFigures {
  readonly messages: number;
  readonly entries: number;
  /** Medians of several recoveries each. */
  readonly replayMs: number;
  readonly checkpointMs: number;
  readonly replayValue: number;
  readonly checkpointValue: number;
}

/** Everything the claims are judged by. Collected first, judged afterwards, by pure functions. */
export interface Evidence {
  readonly actor: string;
  readonly planned: readonly Kill[];
  readonly deaths: readonly Death[];
  readonly sent: readonly Sent[];
  readonly mishap: string;
  readonly repeats: readonly Repeat[];
  /** Calls the ledger had before the repeats and after them. */
  readonly callsBeforeRepeats: number;
  readonly conflict: string;
  readonly current: number;
  readonly entries: readonly EntryView[];
  readonly checkpoints: readonly CheckpointView[];
  readonly verified: Verification;
  readonly past: readonly PastValue[];
  readonly currentAfterTimeTravel: number;
  readonly recovery: RecoveryFigures;
  readonly ledger: readonly LedgerLine[];
}
