/** What a side effect is handed while it runs. @publicApi */
export interface EffectContext {
  /** `<actor>/<message id>/<scope>/<ordinal>`: equal in every attempt, also after a crash. Hand it to the external system. */
  readonly idempotencyKey: string;
  /** Aborted when the attempt times out, the turn fails or the node stops. */
  readonly signal: AbortSignal;
  /** From 1, counted over restarts of the message within this process. */
  readonly attempt: number;
  /** Fencing token: rises with every activation. */
  readonly epoch: number;
}

/** @publicApi */
export type EffectCall<T> = (effect: EffectContext) => Promise<T> | T;
