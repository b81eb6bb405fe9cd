import { PlexSpacesError } from '#spi';

/** What is wrong with a deferred reply. @publicApi */
export type DeferredReplyProblem =
  'malformed' | 'foreign' | 'unknown' | 'expired' | 'twice' | 'limit' | 'system' | 'reentrant';

/** `ctx.deferReply()`, `ctx.reply()` or a token was misused. The turn that did it leaves no trace but this answer. @publicApi */
export class DeferredReplyError extends PlexSpacesError {
  readonly code = 'PS_DEFERRED_REPLY';
  constructor(
    readonly actor: string,
    readonly problem: DeferredReplyProblem,
    readonly reason: string,
    readonly remedy: string,
  ) {
    super(`A deferred reply of ${actor} cannot be made: ${reason}. ${remedy}.`);
  }
}
