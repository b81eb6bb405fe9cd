export type { ActorModel, ModelCall, ModelEffect, ModelStep } from './actor-model';
export { assertHistory, checkHistory } from './check-history';
export type {
  ActorHistory,
  EffectObservation,
  HistoryFigures,
  HistoryInput,
  HistoryProblem,
  HistoryRule,
  HistoryVerdict,
  InvalidReason,
  PlannedFault,
} from './history-input';
export { encodeLedgerLine, type LedgerLine, readLedger } from './ledger-line';
export { checkLinearizable, type LinearHistory, type Linearization, type LinearOperation } from './linearizability';
export { type OperationHandle, OperationLog, type OperationLogOptions, readOperations } from './operation-log';
export type { Invocation, OperationOutcome, OperationRecord } from './operation-record';
export { observeEffects, readActor, readActors } from './read-actors';
