import type { StateChanges, StateImage } from '#journal';
import { isPromise } from '../facet/is-promise';
import { bareAnswer, bareError } from '../facet/outcomes';
import { ReadTurn } from '../turn/read-turn';
import { runHandler } from '../turn/run-handler';
import type { Activation } from './activation';
import { copyAcross } from './copy-across';
import { FACET_SLOT, type LiveState } from './live-state';
import type { Message } from './message';
import { ReaderInstances } from './reader-instances';

/**
 * Read-only handlers of one actor (P2). They run beside the turn and beside each other.
 *
 *  R1. A reader sees the state as the last durable turn left it, never a turn in progress.
 *  R2. A reader that changed something is refused, and its instance thrown away; no other reader saw the change.
 */
export class Readers {
  private readonly instances: ReaderInstances;
  private running = 0;

  constructor(
    private readonly activation: Activation,
    runtimeArgs: readonly unknown[] = [],
  ) {
    this.instances = new ReaderInstances(activation, runtimeArgs);
  }

  get isIdle(): boolean {
    return this.running === 0;
  }

  async read(message: Message, version: number, image: () => StateImage): Promise<void> {
    this.running++;
    try {
      await this.instances.lend(version, image, (state) => this.run(message, state));
    } catch (error) {
      message.fail(bareError(error)); // nothing to retry, nothing to undo
    } finally {
      this.running--;
      message.leave();
    }
  }

  /** @returns is the instance as it was? */
  private run(message: Message, state: LiveState): boolean | Promise<boolean> {
    const turn = new ReadTurn(this.activation, message, state);
    let value: unknown;
    try {
      value = runHandler(turn, this.activation.chain);
    } catch (error) {
      return this.ended(turn, state, () => message.fail(bareError(error)));
    }
    if (!isPromise(value)) return this.ended(turn, state, () => this.answer(message, value));
    return value.then(
      (answer) => this.ended(turn, state, () => this.answer(message, answer)),
      (error: unknown) => this.ended(turn, state, () => message.fail(bareError(error))),
    );
  }

  private ended(turn: ReadTurn, state: LiveState, tell: () => void): boolean {
    const { received } = turn;
    turn.ended = true;
    try {
      const changes = state.takeChanges();
      if (changes !== null && !isOfFacets(changes)) turn.violation('changed state');
      const refusal = this.refusal ?? turn.violated;
      if (refusal === null) tell();
      else received.fail(refusal);
      return changes === null; // R2
    } catch (error) {
      received.fail(bareError(error));
      return false;
    }
  }

  /** What was read may be another node's to change by now. */
  private get refusal(): Error | null {
    const { system, isForsaken } = this.activation;
    return system.mayAct() && !isForsaken ? null : system.notOwner();
  }

  private answer(message: Message, value: unknown): void {
    const { maxPayloadBytes } = this.activation.system.options;
    message.answer(copyAcross(bareAnswer(value), maxPayloadBytes, `answer of ${message.handler.name}`));
  }
}

/** A facet cannot tell a read from a turn; what it noted is dropped like the rest of the instance. */
function isOfFacets({ values, deltas, removed }: StateChanges): boolean {
  return [...Object.keys(values), ...Object.keys(deltas), ...removed].every((slot) => slot.startsWith(FACET_SLOT));
}
