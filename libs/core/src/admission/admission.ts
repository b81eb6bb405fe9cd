import type { ActorId } from '#spi';

/** What admission sees of a call: enough for guards, pipes and interceptors, before anything is stored. */
export interface AdmittedCall {
  readonly actor: ActorId;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly principal: string;
  readonly sender: string;
}

/**
 * Nest's guards, pipes, interceptors, filters and parameter decorators around one handler: run once, in the
 * caller's process, around accept and answer, never on replay (DESIGN §5).
 */
export interface Admission {
  /** Runs `deliver` with the arguments that came out of the pipes; resolves with what the interceptors answer. */
  run(
    call: AdmittedCall,
    args: readonly unknown[],
    deliver: (args: readonly unknown[]) => Promise<unknown>,
  ): Promise<unknown>;
}
