import { PlexSpacesError } from '#spi';

/** @publicApi */
export class UnknownFacetError extends PlexSpacesError {
  readonly code = 'PS_UNKNOWN_FACET';
  constructor(
    readonly facet: string,
    readonly known: readonly string[],
  ) {
    super(
      `No facet ${JSON.stringify(facet)} is registered. Known: ${known.join(', ') || 'none'}. List its class among the providers of a module.`,
    );
  }
}

/** @publicApi */
export class InvalidFacetError extends PlexSpacesError {
  readonly code = 'PS_INVALID_FACET';
  constructor(
    readonly facet: string,
    readonly reason: string,
  ) {
    super(`Facet ${facet} is not usable: ${reason}.`);
  }
}

/** @publicApi */
export class InvalidFacetConfigError extends PlexSpacesError {
  readonly code = 'PS_INVALID_FACET_CONFIG';
  constructor(
    readonly facet: string,
    readonly option: string,
    readonly reason: string,
  ) {
    super(`Option ${option} of facet ${facet} ${reason}.`);
  }
}

/** @publicApi */
export class FacetAttachedError extends PlexSpacesError {
  readonly code = 'PS_FACET_ATTACHED';
  constructor(
    readonly actor: string,
    readonly facet: string,
  ) {
    super(`Facet ${facet} is attached to ${actor} already. Detach it first to change its configuration.`);
  }
}

/** @publicApi */
export class FacetNotAttachedError extends PlexSpacesError {
  readonly code = 'PS_FACET_NOT_ATTACHED';
  constructor(
    readonly actor: string,
    readonly facet: string,
    readonly attached: readonly string[],
  ) {
    super(`Facet ${facet} is not attached to ${actor}. Attached: ${attached.join(', ') || 'none'}.`);
  }
}

/** A facet was to have its actor do something later that cannot be done. @publicApi */
export class InvalidPlanError extends PlexSpacesError {
  readonly code = 'PS_INVALID_PLAN';
  constructor(
    readonly actor: string,
    readonly facet: string,
    readonly reason: string,
  ) {
    super(`${actor} cannot plan this with facet ${facet}: ${reason}.`);
  }
}

/** @publicApi */
export class FacetDriftError extends PlexSpacesError {
  readonly code = 'PS_FACET_DRIFT';
  constructor(
    readonly actor: string,
    readonly recorded: string,
    readonly declared: string,
  ) {
    super(
      `${actor} was journaled under the replaying facets [${recorded}], the class now declares [${declared}]. Restore them, or give the class a new version and let the open message end first.`,
    );
  }
}

/** @publicApi */
export class NextCalledTwiceError extends PlexSpacesError {
  readonly code = 'PS_NEXT_CALLED_TWICE';
  constructor(readonly facet: string) {
    super(`Facet ${facet} called next() twice. A handler runs once per turn: keep what next() answered.`);
  }
}

/** @publicApi */
export class NextNotAwaitedError extends PlexSpacesError {
  readonly code = 'PS_NEXT_NOT_AWAITED';
  constructor(readonly actor: string) {
    super(
      `A facet of ${actor} answered while the handler behind its next() was still running. Await next(), throw, or answer by onError with the policy 'default'.`,
    );
  }
}
