/** A facet refused the message before the handler ran: `error` is the recorded answer, the actor has not failed. */
export class FacetRejection extends Error {
  override readonly name = 'FacetRejection';
  constructor(
    readonly facet: string,
    readonly error: unknown,
  ) {
    super(`Facet ${facet} rejected the message`, { cause: error });
  }
}

/** A facet's `onError`, or a store in whose way another transaction stood, asks that the message be run again, as its retry policy allows. */
export class RetryRequest extends Error {
  override readonly name = 'RetryRequest';
  constructor(
    readonly facet: string,
    override readonly cause: unknown,
  ) {
    super(`${facet} asks for a retry`, { cause });
  }
}

/** An answer given in place of an error: it is committed alone, all else the turn did is undone. */
export class DefaultAnswer {
  readonly undoState = true;
  constructor(readonly value: unknown) {}
}

/** What left the chain as a caller may see it, where nothing is retried or undone: without the markers above. */
export function bareError(error: unknown): unknown {
  if (error instanceof FacetRejection) return error.error;
  return error instanceof RetryRequest ? error.cause : error;
}

export function bareAnswer(answer: unknown): unknown {
  return answer instanceof DefaultAnswer ? answer.value : answer;
}
