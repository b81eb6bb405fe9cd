import type { EffectContext } from './effect-call';
import type { Frame } from './frame';
import type { Turn } from './turn';

/** One attempt of an effect, as the effect sees it. Its signal is made when somebody looks: most never do. */
export class RunningEffect implements EffectContext, Frame {
  readonly epoch: number;
  /** Nobody waits for this attempt any more. */
  isOver = false;
  private controller: AbortController | null = null;
  private endedBy: { readonly reason: unknown } | null = null;

  constructor(
    readonly turn: Turn,
    readonly idempotencyKey: string,
    readonly attempt: number,
  ) {
    this.epoch = turn.epoch;
  }

  get effect(): this {
    return this;
  }

  get signal(): AbortSignal {
    if (this.controller === null) {
      this.controller = new AbortController();
      if (this.endedBy !== null) this.controller.abort(this.endedBy.reason);
      else if (this.turn.isAborted) this.onTurnAbort();
      else this.turn.signal.addEventListener('abort', this.onTurnAbort, { once: true });
    }
    return this.controller.signal;
  }

  abort(reason: unknown): void {
    this.isOver = true;
    this.endedBy = { reason };
    this.controller?.abort(reason);
  }

  /** It has settled: the turn need not tell it anything any more. */
  settle(): void {
    this.isOver = true;
    if (this.controller !== null) this.turn.signal.removeEventListener('abort', this.onTurnAbort);
  }

  private readonly onTurnAbort = (): void => {
    this.abort(this.turn.signal.reason);
  };
}
