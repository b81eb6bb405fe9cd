import { PlexSpacesError } from '#spi';
import { describeCause } from './describe-cause';

/** Base of what supervisors refuse or report; never thrown itself. @publicApi */
export class SupervisorError extends PlexSpacesError {
  readonly code: string = 'PS_SUPERVISOR';
  constructor(
    readonly supervisor: string,
    readonly reason: string,
    readonly remedy: string,
    options?: ErrorOptions,
  ) {
    super(`Supervisor ${supervisor} reports: ${reason}. ${remedy}`, options);
  }
}

/** A definition that makes no sense. The application does not start with it. @publicApi */
export class InvalidSupervisorError extends SupervisorError {
  override readonly code = 'PS_INVALID_SUPERVISOR';
  constructor(supervisor: string, reason: string, remedy: string) {
    super(supervisor, `its definition is refused: ${reason}`, remedy);
  }
}

/** @publicApi */
export class DuplicateChildError extends SupervisorError {
  override readonly code = 'PS_DUPLICATE_CHILD';
  constructor(
    supervisor: string,
    readonly child: string,
    readonly holder: string = supervisor,
  ) {
    super(
      supervisor,
      `${child} is a child of ${holder} already`,
      'Give it another id or key, or remove that one first.',
    );
  }
}

/** @publicApi */
export class UnknownChildError extends SupervisorError {
  override readonly code = 'PS_UNKNOWN_CHILD';
  constructor(
    supervisor: string,
    readonly child: string,
    readonly known: readonly string[],
  ) {
    super(
      supervisor,
      `it has no child ${child}`,
      `It has: ${known.slice(0, 20).join(', ') || 'none'}. Name one by its id or its actor id.`,
    );
  }
}

/** @publicApi */
export class ChildRunningError extends SupervisorError {
  override readonly code = 'PS_CHILD_RUNNING';
  constructor(
    supervisor: string,
    readonly child: string,
  ) {
    super(
      supervisor,
      `${child} has not been stopped`,
      'Call terminateChild() first, or removeChild(), which does both.',
    );
  }
}

/** @publicApi */
export class ChildStartError extends SupervisorError {
  override readonly code = 'PS_CHILD_START';
  constructor(
    supervisor: string,
    readonly child: string,
    options?: ErrorOptions,
  ) {
    super(
      supervisor,
      `${child} did not start: ${describeCause(options?.cause)}`,
      'What was started before it has been stopped again, last first; mend what its onCreate or onActivate needs.',
      options,
    );
  }
}

/** Neither started nor failed in its time. @publicApi */
export class StartTimeoutError extends SupervisorError {
  override readonly code = 'PS_START_TIMEOUT';
  constructor(
    supervisor: string,
    readonly child: string,
    readonly timeoutMs: number,
  ) {
    super(
      supervisor,
      `${child} was not started within ${String(timeoutMs)} ms`,
      'Its onCreate or onActivate has not ended; make that end, or raise startTimeout.',
    );
  }
}

/** Why a supervisor failed: its parent decides what comes of that. @publicApi */
export class RestartIntensityError extends SupervisorError {
  override readonly code = 'PS_RESTART_INTENSITY';
  constructor(
    supervisor: string,
    readonly child: string,
    readonly restarts: number,
    readonly withinMs: number,
    options?: ErrorOptions,
  ) {
    super(
      supervisor,
      `it gave up: ${child} failed (${describeCause(options?.cause)}), which makes ${String(restarts)} restarts within ${String(withinMs)} ms`,
      'Its children are stopped. Mend the cause, or allow more by maxRestarts and within.',
      options,
    );
  }
}

/** @publicApi */
export class SupervisorNotRunningError extends SupervisorError {
  override readonly code = 'PS_SUPERVISOR_NOT_RUNNING';
  override readonly retryable = true;
  constructor(
    supervisor: string,
    readonly status: string,
  ) {
    super(supervisor, `it is ${status} and changes no children`, 'Wait until it runs: see getStats().');
  }
}

/** What a linked actor fails with. @publicApi */
export class LinkedExitError extends PlexSpacesError {
  readonly code = 'PS_LINKED_EXIT';
  constructor(
    readonly actor: string,
    readonly linked: string,
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(
      `${actor} failed with ${linked}, which it is linked to: ${reason}. Trap it by @TrapExit(), or monitor instead.`,
      options,
    );
  }
}

/** For senders: the supervisor keeps this actor stopped. @publicApi */
export class ChildDownError extends SupervisorError {
  override readonly code = 'PS_CHILD_DOWN';
  override readonly retryable = true;
  constructor(
    readonly actor: string,
    supervisor: string,
    options?: ErrorOptions,
  ) {
    super(
      supervisor,
      `${actor} is kept stopped`,
      'What was accepted durably waits; start it with restartChild(), or restart the supervisor.',
      options,
    );
  }
}
