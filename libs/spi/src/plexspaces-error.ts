/** Survives duplicate copies of the package and a network hop, where `instanceof` does not. */
const BRAND = Symbol.for('plexspaces:error');

/**
 * Base of every error this package throws: a stable string `code`, facts as fields, and a message that says
 * what happened, to whom, and what to do now.
 * @publicApi
 */
export abstract class PlexSpacesError extends Error {
  /** Stable, `PS_…`; never reused once retired. */
  abstract readonly code: string;
  /** `true` when the same call may succeed later without a change by the caller. */
  readonly retryable: boolean = false;
  readonly [BRAND] = true;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** Is `error` one of ours (and, when given, of this code)? Works across duplicate copies of the package. @publicApi */
export function isPlexSpacesError(error: unknown, code?: string): error is PlexSpacesError {
  if (typeof error !== 'object' || error === null || !(BRAND in error)) return false;
  return code === undefined || (error as PlexSpacesError).code === code;
}
