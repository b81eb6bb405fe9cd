import { PlexSpacesError } from '#spi';

/** @publicApi */
export class InvalidTimerError extends PlexSpacesError {
  readonly code = 'PS_INVALID_TIMER';
  constructor(
    readonly actor: string,
    readonly timer: string,
    readonly reason: string,
  ) {
    super(`Timer ${JSON.stringify(timer)} of ${actor} ${reason}.`);
  }
}

/** @publicApi */
export class TimerLimitError extends PlexSpacesError {
  readonly code = 'PS_TIMER_LIMIT';
  constructor(
    readonly actor: string,
    readonly timer: string,
    readonly limit: number,
  ) {
    super(
      `${actor} has ${limit} timers, which is all it may have, so ${JSON.stringify(timer)} was not scheduled. Cancel one, or raise maxTimers of timer().`,
    );
  }
}

/** @publicApi */
export class TimerNotFoundError extends PlexSpacesError {
  readonly code = 'PS_TIMER_NOT_FOUND';
  constructor(
    readonly actor: string,
    readonly timer: string,
    readonly known: readonly string[],
  ) {
    super(
      `${actor} has no timer ${JSON.stringify(timer)}; it has ${known.join(', ') || 'none'}. One that may have fired is cancelled with { ifExists: true }.`,
    );
  }
}

/** @publicApi */
export class InvalidReminderError extends PlexSpacesError {
  readonly code = 'PS_INVALID_REMINDER';
  constructor(
    readonly actor: string,
    readonly reminder: string,
    readonly reason: string,
  ) {
    super(`Reminder ${JSON.stringify(reminder)} of ${actor} ${reason}.`);
  }
}

/** @publicApi */
export class ReminderLimitError extends PlexSpacesError {
  readonly code = 'PS_REMINDER_LIMIT';
  constructor(
    readonly actor: string,
    readonly reminder: string,
    readonly limit: number,
  ) {
    super(
      `${actor} has ${limit} reminders, which is all it may have, so ${JSON.stringify(reminder)} was not registered. Cancel one, or raise maxReminders of reminder().`,
    );
  }
}

/** @publicApi */
export class ReminderNotFoundError extends PlexSpacesError {
  readonly code = 'PS_REMINDER_NOT_FOUND';
  constructor(
    readonly actor: string,
    readonly reminder: string,
    readonly known: readonly string[],
  ) {
    super(
      `${actor} has no reminder ${JSON.stringify(reminder)}; it has ${known.join(', ') || 'none'}. One that may have ended is cancelled with { ifExists: true }.`,
    );
  }
}
