/** What a parent asks of the node it started. */
export type Request =
  | { readonly id: string; readonly kind: 'start' | 'observe' | 'settle' | 'histories' | 'stop' }
  /** Life-cycle of one actor, by `<type>/<key>`; `trim` cuts its journal back to its oldest checkpoint. */
  | { readonly id: string; readonly kind: 'spawn' | 'terminate' | 'attach' | 'trim'; readonly actor: string }
  | {
      readonly id: string;
      readonly kind: 'ask' | 'tell';
      /** `<type>/<key>`. */
      readonly actor: string;
      readonly method: string;
      readonly args: readonly unknown[];
      /** Idempotency key; `null` for a read, and for an actor without a journal. */
      readonly key: string | null;
      readonly delayMs: number;
    };

export interface Reply {
  /** Of the request; 'ready' once the node is up. */
  readonly id: string;
  readonly value?: unknown;
  readonly error?: { readonly name: string; readonly message: string; readonly code: string };
}
