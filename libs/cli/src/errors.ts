import { PlexSpacesError } from '#spi';

/** A command that cannot be understood. Nothing was done; the exit code is 2. */
export class CommandUsageError extends PlexSpacesError {
  readonly code = 'PS_COMMAND_USAGE';
  constructor(
    readonly subject: string,
    readonly reason: string,
  ) {
    super(`${subject} ${reason}. See: plexspaces --help.`);
  }
}

/** Something this kind of storage has no need of, or cannot do. */
export class NotForThisStorageError extends PlexSpacesError {
  readonly code = 'PS_NOT_FOR_THIS_STORAGE';
  constructor(
    readonly command: string,
    readonly storage: string,
    readonly reason: string,
  ) {
    super(`${command} does nothing on ${storage} storage: ${reason}.`);
  }
}
