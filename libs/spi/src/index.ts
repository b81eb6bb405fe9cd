export {
  type ActorId,
  PARTITIONS,
  checkIdComponent,
  decodeActorId,
  encodeActorId,
  isWellFormed,
  partitionOf,
} from './actor-id';
export type { CallerOutcome, CallerRow, CallerTransactions } from './caller-transactions';
export type { LeaseHolder, LeaseStorage } from './lease-storage';
export type { CheckpointRecord, CheckpointStorage } from './checkpoint-storage';
export { type Duration, parseDuration } from './duration';
export { ENV, type Env, type Timer } from './env';
export { secretBytes } from './env-secret';
export { SystemEnv } from './env-system';
export * from './errors';
export { FAILPOINTS, type FailpointName, failpoint, setFailpointHook } from './failpoint';
export type { DueActor, InboxChange, InboxRow, InboxState, InboxStorage, NewInboxRow } from './inbox-storage';
export type {
  ActorStatus,
  AcceptWrite,
  AppendWrite,
  EntryRecord,
  Head,
  HeadRow,
  JournalStorage,
  Outcome,
  StorageCapabilities,
  Write,
} from './journal-storage';
export type {
  RowCompiler,
  RowOperation,
  RowRefusal,
  RowRequest,
  RowStatement,
  RowValue,
  RowViolation,
} from './row-statement';
export type { PersistentStorage } from './snapshot-storage';
export { STORAGE, type Storage } from './storage';
export type { TransactOutcome, TurnTransaction, TurnTransactions } from './turn-transactions';
export { compress, decompress, isCompressing, pinZstdToThisThread } from './zstd';
