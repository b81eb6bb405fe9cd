/** How the outside behaves. Each n-th call, counted from the first; 0: never. */
export interface LedgerServiceOptions {
  /**
   * `perCall`: every call is answered anew, so that it shows whether the first recorded answer is the one used. `perKey`: equal calls
   * get equal answers, computed by {@link answerOf}. Default: `perCall`.
   */
  readonly answers?: 'perCall' | 'perKey';
  /** Default: 1. */
  readonly seed?: number;
  /** Answered with a failure; the call is in the ledger as failed. */
  readonly failEvery?: number;
  /** The call is in the ledger, and its answer is lost: the connection is cut. */
  readonly cutEvery?: number;
  /** The call is in the ledger, and its answer waits for `delayMs`. */
  readonly delayEvery?: number;
  readonly delayMs?: number;
}

/** How often each of them struck. */
export interface FiredFaults {
  readonly fail: number;
  readonly cut: number;
  readonly delay: number;
}

/** What the service tells the one who started it. */
export type ServiceMessage =
  { readonly kind: 'listening'; readonly port: number } | { readonly kind: 'fired'; readonly fired: FiredFaults };

/** What it is asked by that one. */
export type ServiceRequest = 'fired' | 'stop';

/** A number that a text always gives, and other texts hardly ever: FNV-1a. */
export function answerOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
