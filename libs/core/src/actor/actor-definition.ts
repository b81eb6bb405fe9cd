import type { Type } from '@nestjs/common';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { Admission } from '../admission/admission';
import type { DurabilityConfig } from '../facet/durability.facet';
import type { FacetSpec } from '../facet/facet';
import type { VirtualActorConfig } from '../facet/virtual-actor.facet';
import type { SnapshotConfig } from '../persistence/snapshot-config';
import type { RetryPolicy } from '../turn/retry-policy';
import type { Dispatch } from './dispatch';
import type { HookName } from './hook-names';

/** One `@Handle` method, as the runtime needs it. Immutable; built once per class. */
export interface HandlerDefinition {
  /** Name on the wire and in the journal: `@Handle({ name })`, else the method's. */
  readonly name: string;
  /** The method that runs. */
  readonly property: string;
  readonly readOnly: boolean;
  /** A call may enter the turn that waits for it. */
  readonly reentrant: boolean;
  /** `null`: P7's default. */
  readonly retry: RetryPolicy | null;
  /** Checks (and may transform) the argument list before anything is stored. */
  readonly schema: StandardSchemaV1 | null;
  /** Sent in this way only. */
  readonly only?: 'ask' | 'tell' | 'self';
  /** Takes tells of unknown names. */
  readonly takesUnknown?: boolean;
  /** Positions of `@Ctx()` parameters in the method's own parameter list, rising. */
  readonly contextAt: readonly number[];
  /** Guards, pipes, interceptors and filters; `null` when the handler has none. Set by the module once Nest is up. */
  readonly admission: Admission | null;
}

/** One `@SideEffect` method. */
export interface SideEffectDefinition {
  /** Name in the journal: `@SideEffect({ name })`, else the method's. */
  readonly name: string;
  readonly property: string;
  readonly retry: RetryPolicy;
  /** Per attempt; 0 = none. */
  readonly timeoutMs: number;
}

/** How an instance's state is read and written. */
export interface StateLayout {
  /** `@State` fields in order of declaration; empty when the class gives `toSnapshot`. */
  readonly fields: readonly string[];
  /** The class gives `toSnapshot()/fromSnapshot()`: one slot, `$snapshot`. */
  readonly custom: boolean;
  /** Fields the undeclared-state watch must leave alone. */
  readonly transient: ReadonlySet<string>;
}

/** Everything the runtime knows about an actor class. Built by the explorer, refused there when wrong. */
export interface ActorDefinition {
  readonly type: string;
  readonly className: string;
  readonly cls: Type<object>;
  /** `@Actor({ version })`: written to the journal, decides what is stalled (P9). */
  readonly version: string;
  /** `@Actor({ schema })`: version of the state's shape. */
  readonly schema: number;
  readonly onPoison: 'park' | 'hold';
  readonly mailbox: { readonly maxMessages: number; readonly maxBytes: number };
  readonly maxTurnAgeMs: number;
  readonly handlers: ReadonlyMap<string, HandlerDefinition>;
  readonly effects: ReadonlyMap<string, SideEffectDefinition>;
  readonly state: StateLayout;
  /** The life-cycle methods the class has, with the positions of their `@Ctx()` parameters; only `onCreate` may have one. */
  readonly hooks: ReadonlyMap<HookName, readonly number[]>;
  /** Its `@OnParked` method. */
  readonly onParked: HandlerDefinition | null;
  /** Declared facets, `durability` and `virtual_actor` included, in order of declaration. */
  readonly facets: readonly FacetSpec[];
  readonly durability: DurabilityConfig | null;
  readonly virtual: VirtualActorConfig | null;
  readonly snapshot: SnapshotConfig | null;
  /** Name of the `@TrapExit()` handler. */
  readonly trapExit: string | null;
  /** In place of a call of the handler; `null` for most. */
  readonly dispatch: Dispatch | null;
  /** A new instance with its dependencies injected. */
  create(): Promise<object>;
}
