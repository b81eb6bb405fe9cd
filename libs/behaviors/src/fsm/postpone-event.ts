import { actorContext, maxPayloadBytes, payloadBytes, type ReplyToken } from '#core';
import { encodeActorId } from '#spi';
import { PostponeLimitError } from '../errors';
import type { Machine } from './machine';
import { keep, kept, type MachineState, type Postponed } from './machine-state';

/** P12, where a machine says nothing else: what is postponed is sent again in one turn, and is part of what each turn stores. */
export const MAX_POSTPONED = 1_000;
/** All postponed events of one machine together. */
const MAX_POSTPONED_BYTES = 1_048_576;
/** What sending an event again adds to its arguments, at most: its name is counted by itself. */
const ENVELOPE_BYTES = 64;

/** Keeps the event with the state, its answer owed. @throws PostponeLimitError @returns what the turn answers */
export function postponeEvent(
  self: object,
  machine: Machine,
  { event, args, arrival }: Pick<Postponed, 'event' | 'args' | 'arrival'>,
): ReplyToken {
  const state = kept(self) as MachineState;
  const bytes = payloadBytes([event, args]) + ENVELOPE_BYTES;
  const limit = decideLimit(state.postponed, bytes, machine.maxPostponed, maxPayloadBytes());
  const ctx = actorContext();
  if (limit !== null) throw new PostponeLimitError(encodeActorId(ctx.self), state.name, event, limit);
  const token = ctx.deferReply();
  keep(self, { ...state, postponed: [...state.postponed, { event, args, token, arrival, bytes }] });
  return token;
}

/** The limit that one more event would pass, or `null`. */
function decideLimit(
  postponed: readonly Pick<Postponed, 'bytes'>[],
  bytes: number,
  maxPostponed: number,
  maxBytes: number,
): string | null {
  if (bytes > maxBytes) return `${maxBytes} bytes`; // it could come, but not be sent again
  if (postponed.length >= maxPostponed) return `${maxPostponed} events`;
  const together = postponed.reduce((sum, other) => sum + other.bytes, bytes);
  return together > MAX_POSTPONED_BYTES ? `${MAX_POSTPONED_BYTES} bytes` : null;
}
