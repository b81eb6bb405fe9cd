import { encodePayload, hashPayload } from '#journal';
import type { InboxRow, NewInboxRow } from '#spi';
import { type Envelope, packEnvelope, readEnvelope } from '../runtime/message-codec';

/** What an operator wants of a parked message. */
export interface Revival {
  /** Arguments in the place of its own; `null`: as they are. */
  readonly args: readonly unknown[] | null;
  /** As a new message would: what it recorded is left behind, and its acts get keys of their own. */
  readonly anew: boolean;
}

/** In the envelope of a message that was parked. */
export const REVIVED = { revived: true } as const;

/**
 * The parked message as a queued one, its attempts forgotten. Its id stays what repeats are recognised by; the hash of its
 * arguments is that of those it has now. One that starts anew acts under its id with a number behind it: neither the
 * receivers of its asks nor what it calls outside may take its acts for those of the first run. Pure.
 */
export function revivedRow(row: InboxRow, { args, anew }: Revival, now: number): NewInboxRow {
  const [method, payload, sender, correlationId, causationId, principal, headers, system] = readEnvelope(row);
  const next = args === null ? payload : encodePayload(args, { maxBytes: Number.MAX_SAFE_INTEGER });
  const cause = anew || args !== null ? `${row.id}~${editsOf(row.id, causationId) + 1}` : causationId;
  const marked = { ...(system as object | undefined), ...REVIVED };
  const envelope: Envelope = [method, next, sender, correlationId, cause, principal, headers, marked];
  const identity = { actor: row.actor, id: row.id, argsHash: args === null ? row.argsHash : hashPayload(next) };
  return { ...identity, message: packEnvelope(identity, envelope), attempts: 0, dueAt: now };
}

export function isRevived({ system }: { readonly system: unknown }): boolean {
  return (system as Partial<typeof REVIVED> | undefined)?.revived === true;
}

function editsOf(id: string, causationId: string): number {
  const prefix = `${id}~`;
  return causationId.startsWith(prefix) ? Number(causationId.slice(prefix.length)) : 0;
}
