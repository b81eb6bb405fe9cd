// codec
export {
  type ErrorFactory,
  type ErrorRecord,
  RecordedError,
  fromErrorRecord,
  registerErrorFactory,
  toErrorRecord,
} from './codec/error-record';
export { hashValue } from './codec/hash-value';
export { type PayloadCodec, encodeJson } from './codec/json-codec';
export { type RowIdentity, checkedContent, withChecksum } from './codec/row-checksum';
export type { PayloadLimits } from './codec/payload-check';
export { type PayloadClass, registerPayloadClass } from './codec/payload-classes';
export { copyPayload, decodePayload, encodePayload, hashPayload, isPrimitive } from './codec/payload-codec';

// entries
export type {
  ActivationStarted,
  EntryBody,
  EntryHeader,
  EntryKind,
  FacetAttached,
  FacetDetached,
  JournalEntry,
  MessageParked,
  MessageProcessed,
  MessageReceived,
  MessageSent,
  SideEffectExecuted,
  StateChanged,
  TimerFired,
  TimerScheduled,
} from './entries/journal-entry';
export { decodeEntry, encodeEntry, entryKind, verifyEntry } from './entries/entry-codec';
export { nextUlid } from './entries/ulid';

// state
export type { Delta, DeltaOp, StateChanges, StoredValue } from './state/state-changes';
export { StateCollection, type StateKey } from './state/state-collection';
export { type AttachedFacet, StateImage } from './state/state-image';
export { StateList } from './state/state-list';
export { StateMap } from './state/state-map';
export { StateSet } from './state/state-set';
export { loadValue, sameStored, storeValue } from './state/stored-value';

// writing
export { sizeOfRow } from './commit/write-size';
export type { OverlapMode } from './commit/overlap';
export { type FailingWrites, type GroupCommitOptions, GroupCommitWriter, type Settled } from './writer';

// checkpoints and recovery
export { type Checkpoint, type Compression, type Snapshot, decodeCheckpoint, encodeCheckpoint } from './checkpoint';
export { type FoldStart, JournalFold, type OpenTurn } from './fold';
export { type ParkedTurn, findParkedTurn } from './parked-turn';
export { type LoadOptions, loadCheckpoint } from './load-checkpoint';
export { type RecoverOptions, type Recovered, recover, startFold } from './recovery';

// retention
export { firstKeptSeq, lastExpendableSeq, readableCheckpoints } from './retention/kept-history';
export type { PurgeOptions } from './retention/purge';
export { type Retention, truncateBehind } from './retention/truncate-behind';

// archives
export { type ExportOptions, type Exported, exportActors } from './archive/export-actors';
export { type Imported, checkImport, importActors } from './archive/import-actors';
export { readArchive } from './archive/read-archive';

// encryption at rest
export { encryptSnapshots, encryptStorage } from './encryption/encrypt-storage';
export { type EncryptionOptions, Keyring } from './encryption/keyring';

// the facade, usable without a runtime
export { type AppendOptions, Journal, type Replay, type SaveOptions } from './journal';
export type { ActorName } from './actor-name';
export { type StatePoint, foldAt } from './state-at';

export { type DescribedEntry, describeEntry } from './describe-entry';

// errors
export * from './errors';
