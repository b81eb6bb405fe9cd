/**
 * What supervisors did. started, ended (by itself), restarting (after `delayMs`), restarted, stopped (by its supervisor),
 * gaveUp (of a supervisor), rootFailed. @publicApi
 */
export interface SupervisionEvent {
  readonly kind: 'started' | 'ended' | 'restarting' | 'restarted' | 'stopped' | 'gaveUp' | 'rootFailed';
  readonly supervisor: string;
  /** Id of the child it is about. */
  readonly child?: string;
  /** Of `ended`: was it a stop? */
  readonly normal?: boolean;
  readonly delayMs?: number;
  readonly error?: unknown;
}

/** One child in numbers. @publicApi */
export interface ChildStats {
  readonly id: string;
  /** Encoded id of the actor; `null` for a supervisor. */
  readonly actor: string | null;
  readonly kind: 'actor' | 'supervisor';
  readonly restart: 'permanent' | 'transient' | 'temporary';
  readonly status: 'stopped' | 'starting' | 'running' | 'crashed' | 'halted' | 'down';
  /** Starts in this run of its supervisor, the first one and those on behalf of others included. */
  readonly starts: number;
  readonly lastError?: unknown;
}

/** One supervisor in numbers. @publicApi */
export interface SupervisorStats {
  readonly name: string;
  /** Name of the supervisor above; `null` at the top. */
  readonly parent: string | null;
  readonly status: 'stopped' | 'starting' | 'running' | 'crashed' | 'halted' | 'down';
  readonly strategy: 'oneForOne' | 'oneForAll' | 'restForOne' | 'simpleOneForOne';
  /** Children, and how many of them run. */
  readonly specs: number;
  readonly active: number;
  readonly supervisors: number;
  readonly workers: number;
  /** Ends that were crashes, since this process began. */
  readonly failures: number;
  /** Restarts it decided on, since this process began. */
  readonly restarts: number;
  /** Restarts that count now, those of earlier processes included, and the limit. */
  readonly recentRestarts: number;
  readonly maxRestarts: number;
  readonly withinMs: number;
  readonly children: readonly ChildStats[];
  /** Why it gave up. */
  readonly lastError?: unknown;
}

/** For health checks. @publicApi */
export interface SupervisionStatus {
  /** No supervisor at the top has given up. */
  readonly isUp: boolean;
  /** Depth first, from the top. */
  readonly supervisors: readonly SupervisorStats[];
}
