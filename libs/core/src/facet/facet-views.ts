import type { ActorId } from '#spi';
import { type AlarmHost, type Alarms, alarmsOf } from '../planning/alarms';
import type { Plan, Planner } from '../planning/plan';
import type { EffectCall } from '../turn/effect-call';
import type { FacetCommit, FacetContext, FacetMessage, FacetPlanning, FacetStay, FacetTurn } from './facet';
import type { ResolvedFacet } from './facet-chain';
import type { FacetHost, TurnPort } from './turn-port';

// What facets are handed: windows on the runtime's own objects that hold no copies. One per facet and message at
// most, so they are classes with getters rather than object literals with closures.

/** An actor as one facet on it sees it. */
export class FacetContextView<Host extends FacetHost = FacetHost> implements FacetContext {
  constructor(
    protected readonly host: Host,
    protected readonly facet: ResolvedFacet,
  ) {}

  get actor(): ActorId {
    return this.host.actor;
  }

  get actorId(): string {
    return this.host.actorId;
  }

  get config(): unknown {
    return this.facet.config;
  }

  get state(): unknown {
    return this.host.facetState(this.facet.name);
  }

  set state(value: unknown) {
    this.host.setFacetState(this.facet.name, value);
  }
}

/** An actor that has just come into memory. */
export class FacetStayView extends FacetContextView implements FacetStay {
  get alarms(): Alarms {
    return alarmsOf(this.activation, this.facet.name);
  }

  now(): number {
    return this.activation.env.now();
  }

  /** These hooks run on nothing else. */
  private get activation(): AlarmHost {
    return this.host as FacetHost & AlarmHost;
  }
}

/** A turn that a facet may plan in. */
export class FacetPlanView extends FacetContextView<FacetHost & { readonly planning: Plan }> implements FacetPlanning {
  private made: Planner | null = null;

  get planner(): Planner {
    return (this.made ??= this.host.planning.of(this.facet.name));
  }
}

/** A turn as one facet around it sees it. */
export class FacetTurnView extends FacetContextView<TurnPort> implements FacetTurn {
  get message(): FacetMessage {
    return this.host.message;
  }

  get isReplay(): boolean {
    return this.host.isReplay;
  }

  get signal(): AbortSignal {
    return this.host.signal;
  }

  sideEffect<T>(name: string, call: EffectCall<T>): Promise<T> {
    return this.host.facetEffect(this.facet.name, name, call);
  }
}

/** A turn that is about to be committed. */
export class FacetCommitView extends FacetContextView<TurnPort> implements FacetCommit {
  constructor(
    host: TurnPort,
    facet: ResolvedFacet,
    readonly result: unknown,
    readonly error: unknown,
  ) {
    super(host, facet);
  }

  get message(): FacetMessage {
    return this.host.message;
  }
}

/** What `ctx.facet(name)` hands to actor code. */
export function serviceOf(facet: ResolvedFacet, turn: FacetHost & { readonly planning: Plan }): unknown {
  const { instance } = facet;
  return instance.service ? instance.service(new FacetPlanView(turn, facet)) : instance;
}
