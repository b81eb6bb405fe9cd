import { PlexSpacesError } from '#spi';

/** @publicApi */
export class MessageNotParkedError extends PlexSpacesError {
  readonly code = 'PS_MESSAGE_NOT_PARKED';
  constructor(
    readonly actor: string,
    readonly messageId: string,
    /** Where it is instead. */
    readonly state: 'unknown' | 'queued' | 'open' | 'done',
  ) {
    super(
      `Message ${messageId} of ${actor} is not parked: ${WHERE[state]}. Nothing was changed; list the dead letters again.`,
    );
  }
}

const WHERE = {
  unknown: 'no message of that id is kept',
  queued: 'it waits for its turn',
  open: 'its turn is under way',
  done: 'it has been answered, or discarded',
} as const;

/** What a repeat of a discarded message is told. @publicApi */
export class MessageDiscardedError extends PlexSpacesError {
  readonly code = 'PS_MESSAGE_DISCARDED';
  constructor(
    readonly actor: string,
    readonly messageId: string,
    readonly reason: string,
  ) {
    super(
      `Message ${messageId} of ${actor} was parked and then discarded${reason === '' ? '' : `: ${reason}`}. It never took effect; send a new one under a new id.`,
    );
  }
}

/** @publicApi */
export class InvalidDeadLetterOptionError extends PlexSpacesError {
  readonly code = 'PS_INVALID_DEAD_LETTER_OPTION';
  constructor(
    readonly option: string,
    readonly reason: string,
  ) {
    super(`DeadLetters option ${option} ${reason}. Nothing was changed.`);
  }
}
