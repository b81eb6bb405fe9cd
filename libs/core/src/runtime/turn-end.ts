import { encodePayload } from '#journal';
import type { ActorStatus } from '#spi';
import type { ResolvedOptions } from '../plexspaces.options';
import type { DurableTurn } from '../turn/durable-turn';
import type { Turn } from '../turn/turn';
import type { Message } from './message';
import type { Ending } from './steps';
import { CREATE, STOP } from './system-messages';

/** What a turn that ended well makes of the actor; `null`: it stays what it is. */
export function statusAfter({ handler }: Message, endures: boolean): ActorStatus | null {
  if (handler === CREATE) return 'live';
  return handler === STOP && !endures ? 'terminated' : null;
}

/** Ids made by clients are remembered for minutes, all others for a day (P5), and so is one whose answer is owed. A plan's are counted in its state besides. */
export function keptMs({ received: { keyed, occurrence }, replies }: Turn, { dedupe }: ResolvedOptions): number {
  return (keyed && occurrence === null) || replies?.isDeferred === true ? dedupe.keysMs : dedupe.clientIdsMs;
}

/** The answer of a turn, as it is stored. @throws InvalidPayloadError, PayloadTooLargeError */
export function resultOf({ host, received }: DurableTurn, value: unknown): Ending {
  const limits = { maxBytes: host.system.options.maxPayloadBytes };
  return { kind: 'result', result: encodePayload(value, limits, `answer of ${received.handler.name}`) };
}
