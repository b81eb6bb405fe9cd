import { PlexSpacesError } from '#spi';
import type { CorruptRecordError, SchemaTooNewError, StoreClosedError, StoreFailedError } from '#spi';
import type { VersionConflictError } from '#spi';

/** A value the codec cannot carry unchanged. Nothing was stored. @publicApi */
export class InvalidPayloadError extends PlexSpacesError {
  readonly code = 'PS_INVALID_PAYLOAD';
  constructor(
    /** What was being encoded: the root of `path`. */
    readonly subject: string,
    /** Where in it the value lies, such as `args[0].lines[2].price`. */
    readonly path: string,
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(`${path} cannot be stored: it ${reason}.`, options);
  }
}

/** A value whose encoding is over the limit (P12). Nothing was stored. @publicApi */
export class PayloadTooLargeError extends PlexSpacesError {
  readonly code = 'PS_PAYLOAD_TOO_LARGE';
  constructor(
    readonly subject: string,
    /** Size of the encoding, or a lower bound of it where counting stopped. */
    readonly bytes: number,
    readonly limit: number,
  ) {
    super(
      `${subject} takes ${bytes} bytes or more; the limit is ${limit}. ` +
        'Store large data elsewhere and pass a reference, split it, or raise the payload limit.',
    );
  }
}

/** A change inside a value that a StateMap or StateList handed out; it would be lost. @publicApi */
export class FrozenStateError extends PlexSpacesError {
  readonly code = 'PS_FROZEN_STATE';
  constructor(readonly operation: string) {
    super(
      `${operation} on a value that lies in a state collection: the change would not be recorded. ` +
        'Copy the value, change the copy, and put it back with set().',
    );
  }
}

/** An entry that does not continue its journal. Nothing was stored. @publicApi */
export class JournalSequenceError extends PlexSpacesError {
  readonly code = 'PS_JOURNAL_SEQUENCE';
  constructor(
    readonly actor: string,
    readonly given: number,
    readonly expected: number,
  ) {
    super(
      `Entry ${given} of ${actor} does not continue its journal: the next one is ${expected}. ` +
        'Read the journal again and number from its end.',
    );
  }
}

/** A checkpoint that covers entries its journal does not have: one of the two was lost or restored alone (P11). @publicApi */
export class CheckpointAheadError extends PlexSpacesError {
  readonly code = 'PS_CHECKPOINT_AHEAD';
  constructor(
    readonly actor: string,
    readonly checkpointSeq: number,
    readonly headSeq: number,
  ) {
    super(
      `The checkpoint of ${actor} covers entry ${checkpointSeq}, but its journal ends at ${headSeq}. ` +
        'The journal lost acknowledged entries: restore journal and checkpoints from the same backup.',
    );
  }
}

/** The state asked for lies before what is kept. @publicApi */
export class HistoryTruncatedError extends PlexSpacesError {
  readonly code = 'PS_HISTORY_TRUNCATED';
  constructor(
    readonly actor: string,
    readonly asked: string,
  ) {
    super(
      `The history of ${actor} at ${asked} is gone: the journal was truncated, and no checkpoint reaches back that far. ` +
        'Ask for a later point, and keep more history with a longer retention.',
    );
  }
}

/** A truncation that would remove what recovery needs. Nothing was removed. @publicApi */
export class TruncateRefusedError extends PlexSpacesError {
  readonly code = 'PS_TRUNCATE_REFUSED';
  constructor(
    readonly actor: string,
    readonly throughSeq: number,
    /** Sequence number of the oldest checkpoint kept; `null` when there is none. */
    readonly oldestCheckpoint: number | null,
  ) {
    super(
      `Entries up to ${throughSeq} of ${actor} cannot be removed: ` +
        (oldestCheckpoint === null
          ? 'it has no checkpoint. Save one first.'
          : `the oldest checkpoint kept covers ${oldestCheckpoint}. Truncate up to there at most.`),
    );
  }
}

/** An actor that is not stopped for good cannot be purged. Nothing was removed. @publicApi */
export class PurgeRefusedError extends PlexSpacesError {
  readonly code = 'PS_PURGE_REFUSED';
  constructor(
    readonly actor: string,
    /** 'live', or 'absent' for one that does not exist. */
    readonly status: string,
  ) {
    super(
      `${actor} cannot be purged: it is ${status}, and only a terminated actor is. ` +
        (status === 'live' ? 'Stop it first; a virtual actor never ends.' : 'Check its id.'),
    );
  }
}

/** An archive file that is not what was written. Nothing was imported. @publicApi */
export class ArchiveDamagedError extends PlexSpacesError {
  readonly code = 'PS_ARCHIVE_DAMAGED';
  constructor(
    readonly file: string,
    readonly line: number,
    readonly reason: string,
  ) {
    super(`Line ${line} of ${file} is damaged: ${reason}. Nothing was imported; take another copy of the file.`);
  }
}

/** An archived actor that does not fit the actor of that id in the store, which stays as it is. @publicApi */
export class ArchiveConflictError extends PlexSpacesError {
  readonly code = 'PS_ARCHIVE_CONFLICT';
  constructor(
    readonly actor: string,
    readonly reason: string,
  ) {
    super(`${actor} cannot be imported: in this store it ${reason}. It was left as it is.`);
  }
}

/** An actor of which not all is there yet: which messages it has answered, for one. @publicApi */
export class ImportUnfinishedError extends PlexSpacesError {
  readonly code = 'PS_IMPORT_UNFINISHED';
  override readonly retryable = true;
  constructor(readonly actor: string) {
    super(
      `${actor} is being imported, or its import was cut short. Run plexspaces import with the same archive again.`,
    );
  }
}

/** An actor that was written to all the time it was exported. @publicApi */
export class ExportOvertakenError extends PlexSpacesError {
  readonly code = 'PS_EXPORT_OVERTAKEN';
  override readonly retryable = true;
  constructor(readonly actor: string) {
    super(`${actor} was written to while it was exported. Stop the node that runs it, or export it again.`);
  }
}

/** A checkpoint was to be saved through a Journal that was given a journal store alone. @publicApi */
export class NoCheckpointStoreError extends PlexSpacesError {
  readonly code = 'PS_NO_CHECKPOINT_STORE';
  constructor(readonly store: string) {
    super(
      `There is nowhere to save a checkpoint beside the ${store} journal. Make the Journal from the whole storage, not from its journal alone.`,
    );
  }
}

/** A key for encryption at rest that is no key. Shows its id, never the key. @publicApi */
export class InvalidEncryptionKeyError extends PlexSpacesError {
  readonly code = 'PS_INVALID_ENCRYPTION_KEY';
  constructor(
    readonly keyId: string,
    readonly reason: string,
  ) {
    super(
      `Encryption key ${JSON.stringify(keyId)} ${reason}. Give 32 random bytes, such as crypto.randomBytes(32), or their base64.`,
    );
  }
}

/** A record encrypted with a key that this process does not have. The record stays as it is. @publicApi */
export class EncryptionKeyMissingError extends PlexSpacesError {
  readonly code = 'PS_ENCRYPTION_KEY_MISSING';
  constructor(
    readonly actor: string,
    readonly keyId: string,
    /** Such as `Entry 7`. */
    readonly record: string,
  ) {
    super(
      `${record} of ${actor} is encrypted with key ${JSON.stringify(keyId)}, which this process does not have. ` +
        'Put that key back into encryption.keys and start again: until then the actor waits, and nothing of it is lost.',
    );
  }
}

/** A record in the clear where only encrypted ones are accepted (P11). The record stays as it is. @publicApi */
export class PlainRecordError extends PlexSpacesError {
  readonly code = 'PS_PLAIN_RECORD';
  constructor(
    readonly actor: string,
    /** Such as `Entry 7`. */
    readonly record: string,
  ) {
    super(
      `${record} of ${actor} is not encrypted: it is from before encryption was switched on, or somebody put it there. ` +
        'If the store is that old, set encryption.acceptPlain: true; otherwise restore the record from a backup.',
    );
  }
}

/** Everything a journal call may reject with (the reference's name). @publicApi */
export type JournalError =
  | CheckpointAheadError
  | CorruptRecordError
  | EncryptionKeyMissingError
  | HistoryTruncatedError
  | ImportUnfinishedError
  | InvalidPayloadError
  | JournalSequenceError
  | NoCheckpointStoreError
  | PayloadTooLargeError
  | PlainRecordError
  | PurgeRefusedError
  | SchemaTooNewError
  | StoreClosedError
  | StoreFailedError
  | TruncateRefusedError
  | VersionConflictError;
