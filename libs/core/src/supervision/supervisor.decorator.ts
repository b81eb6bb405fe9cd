import { applyDecorators, Inject, Injectable, SetMetadata, type Type } from '@nestjs/common';
import type { Duration } from '#spi';
import { InvalidSupervisorError } from '../errors';
import type { ChildSpec } from './child-spec';

const SUPERVISOR = Symbol.for('plexspaces:supervisor');

/**
 * Whom the end of one child concerns. oneForOne: itself. oneForAll: all. restForOne: itself and those started after it.
 * simpleOneForOne: itself; the children are of one kind and are all added at run time. @publicApi
 */
export type Strategy = 'oneForOne' | 'oneForAll' | 'restForOne' | 'simpleOneForOne';

/** How long a restart waits. The n-th within the window, from 1. @publicApi */
export type BackoffOptions =
  | { readonly kind: 'none' }
  | { readonly kind: 'constant'; readonly delay: Duration; readonly jitter?: 'full' | 'none' }
  /** `delay` × n, up to `maxDelay`. */
  | {
      readonly kind: 'linear';
      readonly delay: Duration;
      readonly maxDelay?: Duration;
      readonly jitter?: 'full' | 'none';
    }
  /** `delay` × `factor`^(n-1), up to `maxDelay`. Factor 2, cap '30s' unless said. */
  | {
      readonly kind: 'exponential';
      readonly delay: Duration;
      readonly factor?: number;
      readonly maxDelay?: Duration;
      readonly jitter?: 'full' | 'none';
    };

/** @publicApi */
export type SupervisorChildren = readonly (ChildSpec | Type<object>)[];

/** Options of `@Supervisor()`. @publicApi */
export interface SupervisorOptions {
  /** Under which it is listed and its restarts are recorded. Default: the name of the class. */
  readonly name?: string;
  readonly strategy: Strategy;
  /** More restarts than this within `within`, and it gives up. 0: none. Default 10. */
  readonly maxRestarts?: number;
  /** Default '10s'. Alias: `withinDuration`. */
  readonly within?: Duration;
  readonly withinDuration?: Duration;
  /** Default none: the failed message has waits of its own. `jitter: 'full'` waits between nothing and the time computed. Default jitter none. */
  readonly backoff?: BackoffOptions;
  /** In the order they start; a supervisor class stands for `child(Class)`. Of simpleOneForOne: the one mould. A function is called at start, so it may name classes that are declared further down. */
  readonly children: SupervisorChildren | (() => SupervisorChildren);
  /**
   * When a supervisor that is nobody's child gives up. report: its children stay down, `status()` says so. exit: also
   * sends SIGTERM to this process, which ends it gracefully where `app.enableShutdownHooks()` was called. Default report.
   */
  readonly onRootFailure?: 'report' | 'exit';
}

/**
 * Marks a class as a supervisor: it starts its children in their order, restarts those that crash, and gives up when
 * that does not help. List it in `forFeature` beside its actors; inject its {@link SupervisorHandle} by
 * `@InjectSupervisor(Class)`. @publicApi
 */
export function Supervisor(options: SupervisorOptions): ClassDecorator {
  return applyDecorators(Injectable(), SetMetadata(SUPERVISOR, options));
}

export function supervisorOptionsOf(cls: Type<object>): SupervisorOptions | undefined {
  return Reflect.getOwnMetadata(SUPERVISOR, cls) as SupervisorOptions | undefined;
}

export function supervisorNameOf(cls: Type<object>): string {
  return supervisorOptionsOf(cls)?.name ?? cls.name;
}

/** DI token of the `SupervisorHandle` for a class. @throws InvalidSupervisorError without `@Supervisor()` @publicApi */
export function getSupervisorToken(cls: Type<object>): string {
  const isClass = typeof cls === 'function'; // a circular import hands undefined to a decorator, whatever the type says
  if (!isClass || supervisorOptionsOf(cls) === undefined)
    throw new InvalidSupervisorError(
      isClass ? cls.name : String(cls),
      'it has no @Supervisor()',
      'Decorate it; if it is, two files import each other: move one of them.',
    );
  return `plexspaces:supervisor:${supervisorNameOf(cls)}`;
}

/** Injects the `SupervisorHandle` of a class that `PlexSpacesModule.forFeature` was given. @publicApi */
export function InjectSupervisor(cls: Type<object>): ParameterDecorator & PropertyDecorator {
  return Inject(getSupervisorToken(cls));
}
