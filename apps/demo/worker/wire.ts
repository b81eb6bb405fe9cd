/** What the tour and its worker say to each other over the IPC channel. */
export interface Call {
  readonly id: number;
  readonly command: string;
  readonly args: readonly unknown[];
}

export interface Failure {
  readonly code: string;
  readonly message: string;
}

/** `ready` comes first and once; then one reply per call, in any order. */
export type Reply =
  | { readonly kind: 'ready' }
  | { readonly kind: 'value'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'failure'; readonly id: number; readonly failure: Failure };

/** Where the worker finds the rate service. */
export const RATES_URL = 'DEMO_RATES_URL';
/** The message whose handler throws once, halfway through its effects. */
export const MISHAP = 'DEMO_MISHAP';
