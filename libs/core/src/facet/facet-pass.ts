import { InvalidFacetError, NextCalledTwiceError, NextNotAwaitedError, TurnEndedError } from '../errors';
import type { ErrorDecision } from './facet';
import type { ResolvedFacet } from './facet-chain';
import { FacetTurnView } from './facet-views';
import { DefaultAnswer, FacetRejection, RetryRequest } from './outcomes';
import { asPromise, ignore, isPromise, rejected } from './is-promise';
import { tellDenied } from './tell-denied';
import type { TurnPort } from './turn-port';

// One message on its way through the onion: inwards by next(), outwards by promise.
//
// It owns the account of what happened on the way, and nothing else: facets judge, the runtime acts on the outcome.
//
//  F1. Links are entered in order, each at most once; `entered` is the innermost so far.
//  F2. A facet that fails while nothing behind it was entered has rejected the message. Facets before it may word
//      that differently or answer in its place; it stays an answer, not a failure.
//  F3. Once anything has failed, whatever is answered is answered without the turn's changes.
//  F4. A second next() and an answer that overtakes the handler fail the turn, even if a facet catches the error.
//  F5. No promise is left without a listener: a facet may drop what next() returned and harm only its own turn.

/** A facet and which hooks of the onion it has, looked up once per chain. */
export interface Link {
  readonly facet: ResolvedFacet;
  readonly hears: boolean;
  readonly wraps: boolean;
  readonly judges: boolean;
}

interface Rejection {
  readonly facet: string;
  readonly error: unknown;
}

export class FacetPass {
  private entered = -1;
  private handlerRuns = false;
  /** The last promise somebody here listens to. */
  private watched: Promise<unknown> | null = null;
  private rejection: Rejection | null = null;
  private failed = false;
  private misuse: Error | null = null;
  private ended = false;

  constructor(
    private readonly links: readonly Link[],
    private readonly port: TurnPort,
    private readonly handler: () => unknown,
  ) {}

  run(): Promise<unknown> {
    return this.enter(0).then(
      (answer) => this.answered(answer),
      (error: unknown) => this.threw(error),
    );
  }

  private enter(index: number): Promise<unknown> {
    this.entered = index;
    const link = this.links[index];
    if (link === undefined) return this.handle();
    const turn = new FacetTurnView(this.port, link.facet);
    let outcome: Promise<unknown>;
    try {
      outcome = this.pass(link, index, turn);
    } catch (error) {
      this.note(index, error);
      outcome = rejected(error as Error);
    }
    return link.judges ? this.judged(link, turn, outcome) : outcome;
  }

  private pass(link: Link, index: number, turn: FacetTurnView): Promise<unknown> {
    if (!link.hears) return this.wrap(link, index, turn);
    const heard: unknown = link.facet.instance.onMessage?.(turn);
    if (!isPromise(heard)) return this.wrap(link, index, turn);
    return this.watch(
      link,
      index,
      heard.then(() => this.wrap(link, index, turn)),
    );
  }

  private wrap(link: Link, index: number, turn: FacetTurnView): Promise<unknown> {
    if (!link.wraps) return this.enter(index + 1);
    const outcome: unknown = link.facet.instance.intercept?.(turn, () => this.next(index));
    return isPromise(outcome) ? this.watch(link, index, asPromise(outcome)) : Promise.resolve(outcome);
  }

  private next(index: number): Promise<unknown> {
    const { name } = (this.links[index] as Link).facet;
    if (this.ended) {
      throw new TurnEndedError(this.port.actorId, this.port.message.messageType, `next() of facet ${name}`);
    }
    if (this.entered !== index) throw (this.misuse = new NextCalledTwiceError(name));
    return this.enter(index + 1);
  }

  private handle(): Promise<unknown> {
    let answer: unknown;
    try {
      answer = this.handler();
    } catch (error) {
      this.failed = true;
      return rejected(error as Error);
    }
    if (!isPromise(answer)) return (this.watched = Promise.resolve(answer));
    this.handlerRuns = true;
    const outcome = asPromise(answer);
    this.watched = outcome;
    outcome.then(
      () => (this.handlerRuns = false),
      () => {
        this.handlerRuns = false;
        this.failed = true;
      },
    );
    return outcome;
  }

  /** Listens beside the facets, so that nobody waits a tick longer for it. To the outermost `run` listens anyway. */
  private watch(link: Link, index: number, outcome: Promise<unknown>): Promise<unknown> {
    if (outcome === this.watched) return outcome; // passed on as it came: who made it listens
    this.watched = outcome;
    if (index > 0 || link.judges) outcome.then(undefined, (error: unknown) => this.note(index, error));
    return outcome;
  }

  private note(index: number, error: unknown): void {
    if (this.entered === index) this.rejection ??= { facet: (this.links[index] as Link).facet.name, error };
    this.failed = true;
  }

  private judged(link: Link, turn: FacetTurnView, outcome: Promise<unknown>): Promise<unknown> {
    const judged = outcome.then(undefined, (error: unknown) => this.judge(link, turn, error));
    judged.then(undefined, ignore); // F5
    return judged;
  }

  private async judge(link: Link, turn: FacetTurnView, error: unknown): Promise<unknown> {
    if (error instanceof RetryRequest || this.misuse !== null) throw error;
    const { instance, name } = link.facet;
    const decision = (await instance.onError?.(error, turn)) as ErrorDecision;
    switch (decision.policy) {
      case 'propagate':
        throw error;
      case 'retry':
        throw new RetryRequest(name, error);
      case 'default':
        return decision.value;
      case 'transform':
        throw decision.error;
      default:
        throw new InvalidFacetError(name, `its onError decided ${JSON.stringify(decision)}, which is no policy`);
    }
  }

  private answered(answer: unknown): unknown {
    this.ended = true;
    if (this.misuse !== null) throw this.misuse;
    if (this.handlerRuns) throw new NextNotAwaitedError(this.port.actorId);
    if (this.rejection !== null) this.report(this.rejection);
    return this.failed ? new DefaultAnswer(answer) : answer;
  }

  private threw(error: unknown): never {
    this.note(0, error);
    this.ended = true;
    if (this.misuse !== null) throw this.misuse;
    if (this.rejection === null || error instanceof RetryRequest) throw error;
    this.report(this.rejection);
    throw new FacetRejection(this.rejection.facet, error);
  }

  private report({ facet: deniedBy, error }: Rejection): void {
    const { actor, actorId, message } = this.port;
    const unreached = this.links.slice(this.entered + 1).map((link) => link.facet);
    tellDenied(unreached, { actor, actorId, message, deniedBy, error });
  }
}
