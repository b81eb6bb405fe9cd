import { TurnReplies } from '../deferred/turn-replies';
import { TurnEndedError } from '../errors';
import { isPromise } from '../facet/is-promise';
import { bareAnswer, bareError, DefaultAnswer, FacetRejection } from '../facet/outcomes';
import { copyAcross } from '../runtime/copy-across';
import type { Message } from '../runtime/message';
import type { PlainActivation } from '../runtime/plain-activation';
import type { Source } from '../runtime/source';
import { outsideTurns } from '../turn/frame';
import { PlainTurn } from '../turn/plain-turn';
import { runHandler } from '../turn/run-handler';
import type { Turn } from '../turn/turn';

/**
 * Calls of `@Handle({ reentrant: true })` that run inside the turn which waits for them. It owns their turns; the
 * activation owns the outer one, its commit and its undoing.
 *
 *  RC1. A call comes in only while the turn runs that waits for its outcome, through asks alone, those of side effects included whose
 *       attempt is not over. Any other stands in line.
 *  RC2. It runs on the instance of that turn: it sees what the turn has changed so far, and the turn sees what it changes.
 *  RC3. Its answer goes to its asker at once, who is part of what the turn waits for; what it sends, plans and answers late, and
 *       what facets add to its commit, leaves with the turn. It cannot put off its own answer: the turn waits for that.
 *  RC4. A call that throws undoes the turn as well, whatever the turn catches: nobody can tell whose changes are whose (P7).
 *  RC5. None outlives the turn: one that still runs when the turn has returned, or is about to be final, undoes it.
 */
export class ReentrantCalls {
  private readonly running = new Set<PlainTurn>();
  private failure: { readonly error: unknown } | null = null;

  constructor(private readonly host: PlainActivation) {}

  /** @returns `false`: nobody here waits for it (RC1) */
  enter(message: Message): boolean {
    const outer = this.host.turn;
    if (outer === null || !isWaitedForBy(message, outer)) return false;
    outsideTurns(() => queueMicrotask(() => this.run(message, outer)));
    return true;
  }

  /** One that runs a message of `source`. */
  turnOf(source: Source): PlainTurn | null {
    for (const inner of this.running) if (inner.received.source === source) return inner;
    return null;
  }

  /** Why the turn cannot succeed although its handler has returned (RC4, RC5). */
  whyUndone(turn: PlainTurn): { readonly error: unknown } | null {
    const [left] = this.running;
    if (this.failure !== null || left === undefined) return this.failure;
    return { error: new TurnEndedError(turn.actorId, turn.received.handler.name, left.received.handler.name) };
  }

  turnEnded(turn: PlainTurn): void {
    this.failure = null;
    for (const inner of this.running) {
      const { received } = inner;
      this.end(inner);
      const error = new TurnEndedError(turn.actorId, turn.received.handler.name, received.handler.name);
      inner.abort(error);
      received.fail(error);
      received.leave();
    }
  }

  private run(message: Message, outer: PlainTurn): void {
    const { host } = this;
    if (outer.ended) return host.system.deliver(message);
    const turn = new PlainTurn(host, message, host.instance);
    turn.inside = outer;
    this.running.add(turn);
    let value: unknown;
    try {
      value = runHandler(turn, host.chain);
    } catch (error) {
      return this.failed(turn, error);
    }
    if (!isPromise(value)) return this.succeeded(turn, outer, value);
    value.then(
      (answer: unknown) => this.succeeded(turn, outer, answer),
      (error: unknown) => this.failed(turn, error),
    );
  }

  private succeeded(turn: PlainTurn, outer: PlainTurn, value: unknown): void {
    if (turn.ended) return;
    const { chain } = this.host;
    let committing: unknown;
    try {
      if (chain.commits && !(value instanceof DefaultAnswer)) committing = chain.commit(turn, value, undefined);
    } catch (error) {
      return this.failed(turn, error);
    }
    if (!isPromise(committing)) return this.conclude(turn, outer, value);
    committing.then(
      () => this.conclude(turn, outer, value),
      (error: unknown) => this.failed(turn, error),
    );
  }

  private conclude(turn: PlainTurn, outer: PlainTurn, value: unknown): void {
    if (turn.ended) return;
    const { received } = turn;
    let answer: unknown;
    try {
      answer = copyAcross(bareAnswer(value), this.host.system.options.maxPayloadBytes, 'answer');
      leaveTo(outer, turn);
    } catch (error) {
      return this.failed(turn, error);
    }
    this.end(turn);
    // A facet answered in place of a handler that had failed.
    if (value instanceof DefaultAnswer) this.failure ??= { error: new Error(`${received.handler.name} failed`) };
    received.answer(answer);
    received.leave();
  }

  private failed(turn: PlainTurn, thrown: unknown): void {
    if (turn.ended) return;
    const error = bareError(thrown);
    if (!(thrown instanceof FacetRejection)) this.failure ??= { error }; // else its handler has not run
    this.end(turn);
    turn.abort(error);
    turn.received.fail(error);
    turn.received.leave();
  }

  private end(turn: PlainTurn): void {
    turn.ended = true;
    this.running.delete(turn);
  }
}

/** RC3. */
function leaveTo(outer: Turn, { sends, plan, onCommit, replies, checkpointWanted }: Turn): void {
  if (sends !== null) (outer.sends ??= []).push(...sends);
  if (plan !== null) outer.planning.takeOver(plan);
  if (onCommit !== null) outer.afterCommit(onCommit);
  if (replies !== null) (outer.replies ??= new TurnReplies(outer)).made.push(...replies.made);
  outer.checkpointWanted ||= checkpointWanted;
}

/** From asker to asker: does `turn` wait for the outcome of `message`? */
function isWaitedForBy(message: Message, turn: Turn): boolean {
  for (let asking = message.askingTurn; asking !== null; asking = asking.received.askingTurn)
    if (asking === turn) return true;
  return false;
}
