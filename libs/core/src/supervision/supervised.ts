import type { Exit } from './decide-restart';
import type { ChildDefinition } from './supervisor-definition';

/**
 * stopped: not started yet. starting. running. crashed: failed, its supervisor has not decided yet, or lets it wait.
 * halted: stopped to be started again. down: stopped, until somebody starts it. @publicApi
 */
export type ChildStatus = 'stopped' | 'starting' | 'running' | 'crashed' | 'halted' | 'down';

/** One child, as its supervisor sees it. */
export interface Supervised {
  readonly spec: ChildDefinition;
  readonly status: ChildStatus;
  /** Rises with each start that was begun. */
  readonly starts: number;
  readonly lastError: unknown;
  /** Added at run time: not among those that a restart of the supervisor starts. */
  readonly isDynamic: boolean;
  /** Under its own name or that of its actor. */
  isCalled(name: string): boolean;
  /** @throws what kept it from starting; it is halted then */
  start(): Promise<void>;
  /** Stops it to be started again: what waits for it goes on waiting. */
  halt(): Promise<void>;
  /** Stops it until somebody starts it: who waits in memory is told, what is stored stays. */
  retire(cause: unknown): Promise<void>;
  /** Stops it and lets go of it. */
  remove(): Promise<void>;
  /** The node ends. */
  shutDown(): Promise<void>;
}

/** Whom a child tells that it has ended. */
export interface Watcher {
  readonly name: string;
  childEnded(child: Supervised, exit: Exit): void;
}
