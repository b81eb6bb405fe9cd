import { StateCollection, decodePayload, encodeJson, encodePayload } from '#journal';
import { isPlexSpacesError } from '#spi';
import type { ProbedTurn } from '#core';
import { CodecCheckError } from '../errors';
import { compareCopies } from './compare-copies';

/** Sizes are the runtime's to refuse. */
const NO_LIMIT = { maxBytes: Number.MAX_SAFE_INTEGER };

/** Whose value it is, for the error. */
interface Place {
  readonly actor: string;
  readonly method: string;
}

/** Arguments of a message. @throws CodecCheckError */
export function checkArguments(actor: string, method: string, args: readonly unknown[]): void {
  check({ actor, method }, 'args', args);
}

/** The outcome of a side effect that is about to be recorded. @throws CodecCheckError */
export function checkEffectResult(turn: ProbedTurn, effect: string, result: unknown): void {
  check(placeOf(turn), `result of ${effect}`, result);
}

/**
 * What a turn leaves behind: its answer, then its state. What lies in a StateMap, StateList or StateSet was encoded
 * when it was put there, so that only what the codec refuses was noticed.
 * @throws CodecCheckError
 */
export function checkTurn(turn: ProbedTurn, answer: unknown): void {
  const place = placeOf(turn);
  check(place, 'answer', answer);
  for (const [slot, value] of stateOf(turn)) check(place, slot, value);
}

function stateOf({ instance, definition }: ProbedTurn): (readonly [string, unknown])[] {
  const { fields, custom } = definition.state;
  if (custom) return [['toSnapshot()', (instance as { toSnapshot(): unknown }).toSnapshot()]];
  const values = instance as Record<string, unknown>;
  return fields
    .map((name) => [`state.${name}`, values[name]] as const)
    .filter(([, value]) => !(value instanceof StateCollection));
}

/** Both codecs, whichever the application uses: a journal may have to hold the value in the other one day. */
function check(place: Place, subject: string, value: unknown): void {
  for (const encode of [encodePayload, encodeJson]) checkWith(encode, place, subject, value);
}

function checkWith(encode: typeof encodePayload, { actor, method }: Place, subject: string, value: unknown): void {
  let copy: unknown;
  try {
    copy = decodePayload(encode(value, NO_LIMIT, subject));
  } catch (error) {
    const refusal = error as { readonly path?: string; readonly reason?: string };
    if (!isPlexSpacesError(error) || refusal.path === undefined || refusal.reason === undefined)
      throw new CodecCheckError(actor, method, subject, `cannot be encoded and decoded again (${String(error)})`, {
        cause: error,
      });
    throw new CodecCheckError(actor, method, refusal.path, refusal.reason, { cause: error });
  }
  const difference = compareCopies(value, copy);
  if (difference !== null) throw new CodecCheckError(actor, method, subject + difference.path, difference.change);
}

function placeOf(turn: ProbedTurn): Place {
  return { actor: turn.actorId, method: turn.received.handler.name };
}
