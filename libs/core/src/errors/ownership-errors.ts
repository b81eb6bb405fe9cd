import { PlexSpacesError } from '#spi';

/**
 * This node may not act on the store: another one owns it, or nobody that this node knows of. @publicApi
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
    /** The message had been taken when the right ended: whoever owns the store may run it still. `false`: nothing of it was stored. */
    readonly mayTakeEffect = false,
  ) {
    super(
      `Node ${node} does not own the store${owner === null ? '' : `: ${owner} does, for ${Math.ceil(retryAfter)} ms unless it renews`}. ` +
        (mayTakeEffect
          ? 'The message may still take effect: ask the owner with the same idempotencyKey to learn its answer.'
          : 'Nothing of the message was stored: send it to the owner, or here again later.'),
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
