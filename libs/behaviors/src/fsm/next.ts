/** What a transition's method says about where the machine goes, with the answer of the event. @publicApi */
export class Next {
  /** @internal Made by {@link moveTo}, {@link keepState} and {@link postpone}. */
  constructor(
    readonly kind: 'move' | 'keep' | 'postpone',
    readonly state: string,
    readonly answer: unknown,
  ) {}
}

/** To one of the states that the transition names. @publicApi */
export function moveTo(state: string, answer?: unknown): Next {
  return new Next('move', state, answer);
}

/** Stays, whatever the transition names: no exit, no entry, the state's timeout runs on. @publicApi */
export function keepState(answer?: unknown): Next {
  return new Next('keep', '', answer);
}

/** Keeps the event until the state changes; then it comes again. Nothing may have been changed by then. @publicApi */
export function postpone(): Next {
  return new Next('postpone', '', undefined);
}
