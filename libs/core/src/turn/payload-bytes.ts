import { encodePayload } from '#journal';
import { actorContext, runningTurn } from './frame';

/** Size of a value as the journal's codec writes it. @throws InvalidPayloadError */
export function payloadBytes(value: unknown): number {
  return encodePayload(value, { maxBytes: Number.MAX_SAFE_INTEGER }).length;
}

/** P12: the most that the arguments of one message may have. @throws NoActorContextError outside a turn */
export function maxPayloadBytes(): number {
  actorContext();
  return (runningTurn() as Running).host.system.options.maxPayloadBytes;
}

type Running = NonNullable<ReturnType<typeof runningTurn>>;
