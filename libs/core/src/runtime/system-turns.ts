import { failpoint } from '#spi';
import { ActorExistsError, ActorNotFoundError } from '../errors';
import type { Creation } from '../persistence/creation';
import { runUnparkTurn } from '../dead-letters/unpark-turn';
import { changeFacets, type FacetChange } from './change-facets';
import { DURABILITY } from '../facet/durability.facet';
import type { ResolvedFacet } from '../facet/facet-chain';
import type { DurableActivation } from './durable-activation';
import type { Message } from './message';
import { ATTACH, CREATE, DETACH, isUnparking } from './system-messages';

/** Messages of the runtime itself that run no code of the actor. @returns `false` for every other message */
export function runSystemTurn(host: DurableActivation, message: Message, isFirstRun: boolean): boolean {
  if (message.handler === CREATE && host.exists && isFirstRun) createAgain(host, message);
  else if (isAdoption(host, message))
    host.runner.commitChange(message, undefined, []); // all it stores is due anyway
  else if (message.handler === ATTACH || message.handler === DETACH) change(host, message);
  else if (isUnparking(message.handler)) runUnparkTurn(host, message);
  else {
    if (message.handler === CREATE) failpoint('spawn.beforeTurn');
    return false;
  }
  return true;
}

function createAgain(host: DurableActivation, message: Message): void {
  if (message.row !== 'none') return host.runner.commitChange(message, undefined, []); // its row has to end
  host.runner.held.whenSafe(message, () =>
    host.runner.held.unlessGone(message, () => {
      answerExisting(message);
      host.finished(message);
    }),
  );
}

/** Answers who wanted to create an actor that exists. */
export function answerExisting(message: Message): void {
  if ((message.system as Creation).ifAbsent) message.answer(undefined);
  else message.fail(new ActorExistsError(message.to.encoded));
}

/** `$attach` of `durability`, to an actor that has its state from an activation without a journal. */
function isAdoption({ adoption }: DurableActivation, { handler, args }: Message): boolean {
  return handler === ATTACH && args[0] === DURABILITY && adoption.dueImage !== null && !adoption.isOwed;
}

/** Its hook may take any time: a stop or a refused commit meanwhile takes the message over, and nothing is changed. */
function change(host: DurableActivation, message: Message): void {
  const refuse = (error: unknown) => (): void => {
    message.fail(error);
    host.finished(message);
  };
  const commit = (made: FacetChange) => (): void => {
    made.apply();
    if (made.becomesDurable) host.adoption.isOwed = false;
    host.runner.commitChange(message, undefined, [made.entry]);
  };
  host.runner.held.over(
    message,
    changeFacets(host, message, facetsBefore(host, message)).then(commit, refuse),
    (goOn) => goOn(),
  );
}

/** A `durability` that its sender was told is not attached may be attached, with other options too. */
function facetsBefore({ adoption, facets }: DurableActivation, { handler, args }: Message): readonly ResolvedFacet[] {
  const isWelcome = adoption.isOwed && handler === ATTACH && args[0] === DURABILITY;
  return isWelcome ? facets.filter(({ name }) => name !== DURABILITY) : facets;
}

/** Sent before the actor was created: answered or parked, never run. */
export function refuseUncreated(host: DurableActivation, message: Message): void {
  const error = new ActorNotFoundError(host.actorId);
  if (message.row !== 'none') return host.runner.park(message, [], error);
  message.fail(error);
  host.finished(message);
}
