import { PlexSpacesError } from '#spi';

/**
 * This node may not act on the store: another one owns it, or nobody that this node knows of. A message that was
 * accepted before is run by the owner. @publicApi
 */
export class NotOwnerError extends PlexSpacesError {
  readonly code = 'PS_NOT_OWNER';
  override readonly retryable = true;
  constructor(
    readonly node: string,
    /** Node and incarnation that own the store; `null`: this node cannot say. */
    readonly owner: string | null,
    /** Milliseconds after which that right ends, unless it is renewed. */
    readonly retryAfter: number,
  ) {
    super(
      `Node ${node} does not own the store${owner === null ? '' : `: ${owner} does, for ${Math.ceil(retryAfter)} ms unless it renews`}. ` +
        'Send it to the owner, or here again later; with the same idempotencyKey it takes effect once.',
    );
  }
}

/** Another live process has this node id. The start fails. @publicApi */
export class NodeIdInUseError extends PlexSpacesError {
  readonly code = 'PS_NODE_ID_IN_USE';
  constructor(
    readonly nodeId: string,
    readonly holder: string,
  ) {
    super(
      `Node id ${JSON.stringify(nodeId)} belongs to a process that lives: ${holder} renews its lease. ` +
        'Give each process a nodeId of its own, or none; or stop the other one.',
    );
  }
}
