import { applyDecorators, Injectable, Scope, SetMetadata, type Type } from '@nestjs/common';
import type { Duration, PersistentStorage } from '#spi';
import { ACTOR } from './metadata';

/** `@Actor({ snapshot: { … } })`. @publicApi */
export interface SnapshotOptions {
  /** Default: `snapshots.storage` of `PlexSpacesModule.forRoot`. */
  readonly storage?: PersistentStorage;
  /** Completed messages between automatic saves. What happened since the last one is lost by a crash. Default 10. */
  readonly every?: number;
}

/** Options of `@Actor()`. @publicApi */
export interface ActorOptions {
  /** Name under which the actor is addressed and journaled. Renaming the class is harmless, renaming the type orphans its actors. */
  readonly type: string;
  /**
   * Version of the code, journaled with each activation. A message that was begun under another version and does
   * not fit this one is stalled, not guessed at (P9). Default '1'.
   */
  readonly version?: string;
  /** Version of the state's shape. A node that knows a lower one does not activate the actor. Default 1. */
  readonly schema?: number;
  /** What a message that keeps failing does to those behind it: `park` lets them pass, `hold` closes the line until an operator acts. Default park. */
  readonly onPoison?: 'park' | 'hold';
  /** Where the mailbox is full and senders get `MailboxFullError`. */
  readonly mailbox?: {
    /** Default 10,000. */
    readonly maxMessages?: number;
    /** Default 16 MB. */
    readonly maxBytes?: number;
  };
  /** A turn that holds the line for longer is ended with `TurnTimeoutError`. Default '5m'. */
  readonly maxTurnAge?: Duration;
  /** Saves the state now and then and on stop, without a journal. Not together with `durability()`, which loses nothing. */
  readonly snapshot?: true | SnapshotOptions;
}

/**
 * Marks a class as an actor: one instance per key, one message at a time. It may be addressed once it is a
 * provider, by `PlexSpacesModule.forFeature([Counter])` or in any module of its own. State survives with
 * `durability()`.
 *
 * The class is transient: Nest makes no instance at start, each activation gets one with its dependencies injected.
 * @publicApi
 */
export function Actor(options: ActorOptions): ClassDecorator {
  return applyDecorators(Injectable({ scope: Scope.TRANSIENT }), SetMetadata(ACTOR, options));
}

/** The options of the class or, if it has none, of the class it extends. */
export function actorOptionsOf(cls: Type<object>): ActorOptions | undefined {
  return Reflect.getMetadata(ACTOR, cls) as ActorOptions | undefined;
}
