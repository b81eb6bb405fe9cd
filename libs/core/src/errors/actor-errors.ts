import { PlexSpacesError } from '#spi';
import { describeCause } from './describe-cause';

/** @publicApi */
export class InvalidActorClassError extends PlexSpacesError {
  readonly code = 'PS_INVALID_ACTOR_CLASS';
  constructor(
    readonly className: string,
    readonly reason: string,
    readonly remedy: string,
    options?: ErrorOptions,
  ) {
    super(`${className} cannot be an actor: ${reason}. ${remedy}`, options);
  }
}

/** @publicApi */
export class UnknownActorTypeError extends PlexSpacesError {
  readonly code = 'PS_UNKNOWN_ACTOR_TYPE';
  constructor(
    readonly type: string,
    readonly known: readonly string[],
  ) {
    super(
      `No actor type ${JSON.stringify(type)} is registered here. Known: ${known.join(', ') || 'none'}. List the class in PlexSpacesModule.forFeature([...]).`,
    );
  }
}

/** @publicApi */
export class UnknownMethodError extends PlexSpacesError {
  readonly code = 'PS_UNKNOWN_METHOD';
  constructor(
    readonly type: string,
    readonly method: string,
    readonly known: readonly string[],
  ) {
    super(
      `Actor type ${type} handles no message ${JSON.stringify(method)}. It handles: ${known.join(', ')}. Decorate the method with @Handle().`,
    );
  }
}

/** @publicApi */
export class ActorNotFoundError extends PlexSpacesError {
  readonly code = 'PS_ACTOR_NOT_FOUND';
  constructor(readonly actor: string) {
    super(
      `${actor} does not exist. Create it with spawn(key, args) or ref.orCreate(args), or add virtualActor() to its class.`,
    );
  }
}

/** @publicApi */
export class ActorTerminatedError extends PlexSpacesError {
  readonly code = 'PS_ACTOR_TERMINATED';
  constructor(readonly actor: string) {
    super(`${actor} was stopped for good and takes no messages. Use another key.`);
  }
}

/** @publicApi */
export class ActorExistsError extends PlexSpacesError {
  readonly code = 'PS_ACTOR_EXISTS';
  constructor(readonly actor: string) {
    super(`${actor} exists already. Send to it, or use ref.orCreate(args), which creates only what is absent.`);
  }
}

/** @publicApi */
export class ActorFailedError extends PlexSpacesError {
  readonly code = 'PS_ACTOR_FAILED';
  override readonly retryable = true;
  constructor(
    readonly actor: string,
    readonly during: string,
    options?: ErrorOptions,
  ) {
    super(`${actor} failed during ${during}: ${describeCause(options?.cause)}. Its next message tries again.`, options);
  }
}

/** The snapshot storage failed. The actor is not taken for absent. @publicApi */
export class SnapshotUnreadableError extends PlexSpacesError {
  readonly code = 'PS_SNAPSHOT_UNREADABLE';
  override readonly retryable = true;
  constructor(
    readonly actor: string,
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(
      `The snapshot of ${actor} cannot be read: ${reason}. The actor was not started; mend the storage and try again.`,
      options,
    );
  }
}

/** @publicApi */
export class InvalidSnapshotError extends PlexSpacesError {
  readonly code = 'PS_INVALID_SNAPSHOT';
  constructor(
    readonly actor: string,
    readonly reason: string,
  ) {
    super(`${actor} cannot be made from a snapshot: ${reason}. Nothing was created; correct the call.`);
  }
}

/** @publicApi */
export class NodeStoppingError extends PlexSpacesError {
  readonly code = 'PS_NODE_STOPPING';
  override readonly retryable = true;
  constructor(readonly actor: string) {
    super(
      `This node is shutting down and starts nothing for ${actor}. Accepted messages resume at the next start; send others again.`,
    );
  }
}

/** @publicApi */
export class InvalidOptionsError extends PlexSpacesError {
  readonly code = 'PS_INVALID_OPTIONS';
  constructor(
    readonly option: string,
    readonly reason: string,
  ) {
    super(`PlexSpacesModule option ${option} ${reason}. The application does not start with it.`);
  }
}
