import { PlexSpacesError } from '#spi';

/** A fault that no proxy can provoke as it was described. Nothing was injected. @publicApi */
export class InvalidFaultError extends PlexSpacesError {
  readonly code = 'PS_INVALID_FAULT';
  constructor(
    readonly kind: string,
    readonly option: string,
    readonly reason: string,
  ) {
    super(`The fault "${kind}" cannot be injected: its ${option} ${reason}.`);
  }
}

/** A run whose faults did not all strike proves nothing: it is invalid, not passed. @publicApi */
export class FaultNeverFiredError extends PlexSpacesError {
  readonly code = 'PS_FAULT_NEVER_FIRED';
  constructor(
    /** Where the proxy listens. */
    readonly proxy: string,
    readonly faults: readonly string[],
  ) {
    super(
      `The run through the proxy ${proxy} is invalid, not passed: ${faults.join('; ')} never fired. ` +
        `Send what the fault waits for through the proxy, or do not inject it.`,
    );
  }
}
