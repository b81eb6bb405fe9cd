import { PlexSpacesError } from '#spi';

/** A log that judges a run cannot be read: judging without it would be guessing. @publicApi */
export class CorruptLogError extends PlexSpacesError {
  readonly code = 'PS_CORRUPT_LOG';
  constructor(
    readonly file: string,
    readonly line: number,
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(
      `Line ${line} of ${file} ${reason}. Only a last line without its end may be torn; judge the run as invalid and repeat it.`,
      options,
    );
  }
}

/** A history that breaks a promise, or a run too poor to prove that it does not. @publicApi */
export class HistoryRefusedError extends PlexSpacesError {
  readonly code = 'PS_HISTORY_REFUSED';
  constructor(
    readonly verdict: 'violated' | 'invalid',
    readonly findings: readonly string[],
  ) {
    const remedy =
      verdict === 'violated'
        ? 'Read the journal of the actor named.'
        : 'Nothing is proven: repair the run and repeat it.';
    super(`The history is ${verdict}:\n${findings.map((finding) => `  ${finding}`).join('\n')}\n${remedy}`);
  }
}
