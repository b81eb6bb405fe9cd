import type { Provider, Type } from '@nestjs/common';
import type { PlexSpacesOptions } from '#core';
import type { Faults } from './fault-mix';
import type { SimWorld } from './sim-world';

/** What `simulate()` was asked for, checked, with defaults. */
export interface Simulation {
  readonly actors: readonly Type<object>[];
  readonly providers: readonly Provider[];
  readonly options: PlexSpacesOptions;
  /** The most of each. */
  readonly faults: Faults;
  readonly buggify: boolean;
  readonly scenario: (world: SimWorld) => unknown;
  readonly invariant: (world: SimWorld) => unknown;
  readonly timeLimitMs: number;
  readonly livenessMs: number;
  readonly maxEvents: number;
}

/** How one run went. @publicApi */
export interface SimulationRun {
  readonly seed: number;
  /** Equal for equal seeds: over time, place and order of all events. */
  readonly traceHash: string;
  readonly events: number;
  /** Virtual milliseconds. */
  readonly ms: number;
  readonly lives: number;
  /** Attempts of clients, by outcome. */
  readonly calls: { readonly ok: number; readonly fail: number; readonly info: number };
  /** Calls, each once however often it was tried, and how many of them were answered `ok`. */
  readonly requests: { readonly all: number; readonly ok: number };
  /** How often each fault struck, by name; `knob.…` where the seed set an option of the actors for itself. */
  readonly faults: Readonly<Record<string, number>>;
}
