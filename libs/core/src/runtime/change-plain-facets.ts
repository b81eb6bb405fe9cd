import { changeFacets, type FacetChange, restoreFacets } from './change-facets';
import type { Message } from './message';
import type { PlainActivation } from './plain-activation';

/** `$attach` and `$detach` on an actor without a journal. They hold the line without a turn. */
export function changePlainFacets(host: PlainActivation, message: Message): void {
  host.paused = message;
  changeFacets(host, message).then(
    (change) => host.unlessGone(message, () => applyChange(host, message, change)),
    (error: unknown) => host.unlessGone(message, () => refuse(host, message, error)),
  );
}

function refuse(host: PlainActivation, message: Message, error: unknown): void {
  message.fail(error);
  host.finished(message);
}

function applyChange(host: PlainActivation, message: Message, change: FacetChange): void {
  try {
    change.apply();
    host.live.noteFacet(change.entry);
  } catch (error) {
    restoreFacets(host, host.rollbackPoint);
    return host.renewThen(() => refuse(host, message, error));
  }
  host.snapshots?.turnCompleted(false);
  if (change.becomesDurable) return host.system.makeDurable(host, message);
  message.answer(undefined);
  host.finished(message);
}
