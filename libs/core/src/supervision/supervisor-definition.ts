import type { Type } from '@nestjs/common';
import type { ActorDefinition } from '../actor/actor-definition';
import type { BackoffPolicy } from './backoff';
import type { RestartType } from './child-spec';
import type { Intensity } from './decide-restart';
import type { Strategy } from './supervisor.decorator';

/** An actor as a child, checked. */
export interface ActorChildDefinition {
  readonly kind: 'actor';
  readonly id: string;
  readonly restart: RestartType;
  readonly definition: ActorDefinition;
  readonly key: string;
  readonly args: readonly unknown[] | null;
  /** `Infinity`: as long as it takes; 0: not at all. */
  readonly shutdownMs: number;
  readonly startTimeoutMs: number;
}

/** A supervisor as a child, checked. */
export interface SupervisorChildDefinition {
  readonly kind: 'supervisor';
  readonly id: string;
  readonly restart: RestartType;
  readonly supervisor: SupervisorDefinition;
}

export type ChildDefinition = ActorChildDefinition | SupervisorChildDefinition;

/** Everything the runtime knows about a supervisor class. Refused at start when wrong. */
export interface SupervisorDefinition extends Intensity {
  readonly name: string;
  readonly cls: Type<object>;
  readonly strategy: Strategy;
  readonly backoff: BackoffPolicy;
  /** In order of start; empty with simpleOneForOne. */
  readonly children: readonly ChildDefinition[];
  /** Of simpleOneForOne: its children but for their key. */
  readonly mould: Omit<ActorChildDefinition, 'id' | 'key'> | null;
  readonly onRootFailure: 'report' | 'exit';
}
