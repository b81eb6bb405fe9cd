import { ReadOnlyViolationError } from '../errors';
import { rejected } from '../facet/is-promise';
import type { Message } from '../runtime/message';
import type { TurnHost } from '../runtime/turn-host';
import type { Plan } from '../planning/plan';
import { type Act, Turn } from './turn';

/** Where the facets of a read-only run find their state: a copy of the committed one. */
interface FacetStates {
  readonly instance: object;
  facetState(name: string): unknown;
  setFacetState(name: string, value: unknown): void;
}

/** The run of a read-only handler, on an instance that holds committed state: it looks, and does nothing else (P2). */
export class ReadTurn extends Turn {
  readonly isReplay = false;
  readonly recordedActs = [];
  readonly waitsToBeStuck = 1;
  /** What it tried first, whether or not its handler noticed. */
  violated: ReadOnlyViolationError | null = null;
  private began = 0;

  constructor(
    host: TurnHost,
    received: Message,
    private readonly committed: FacetStates,
  ) {
    super(host, received, committed.instance);
  }

  override facetState(name: string): unknown {
    return this.committed.facetState(name);
  }

  override setFacetState(name: string, value: unknown): void {
    this.committed.setFacetState(name, value);
  }

  now(): number {
    return (this.began ||= this.host.env.now());
  }

  override get planning(): Plan {
    throw this.violation('planned something');
  }

  hasRecordOf(): boolean {
    return false;
  }

  nextOrdinal(): number {
    throw this.violation('sent a message');
  }

  act(act: Act): Promise<never> {
    return rejected(this.violation(`called ${act.name}`));
  }

  sleep(): Promise<never> {
    return rejected(this.violation('called sleep'));
  }

  transact(): Promise<never> {
    return rejected(this.violation('called transact'));
  }

  patched(): never {
    throw this.violation('called patched');
  }

  queueRow(act: string): never {
    throw this.violation(`called ${act}`);
  }

  override tell(): never {
    throw this.violation('sent a message');
  }

  override takeReply(act: string): never {
    throw this.violation(`called ${act}`);
  }

  violation(act: string): ReadOnlyViolationError {
    const error = new ReadOnlyViolationError(this.actorId, this.received.handler.name, act);
    this.violated ??= error;
    return error;
  }
}
