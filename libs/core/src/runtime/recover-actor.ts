import { type OpenTurn, type Recovered, StateImage, recover } from '#journal';
import { type Head, type InboxRow, type PlexSpacesError } from '#spi';
import { ActorNotFoundError, ActorTerminatedError, FacetDriftError, MessageParkedError } from '../errors';
import type { ResolvedFacet } from '../facet/facet-chain';
import { decodeAnswer } from './answer-codec';
import { facetsOf } from './change-facets';
import type { DurableActivation } from './durable-activation';
import { failOvertaken } from './fail-overtaken';
import type { Mailbox } from './mailbox';
import { lookAgainSoon } from './look-again';
import { isCreation } from './message-codec';
import { hasRowOf, untilTold } from './pending-messages';
import { parkOrphans } from './park-orphans';

/** How often journal and inbox that do not fit are read again. */
const READ_AGAIN = 3;

/** An actor as the store has it, ready to be activated. */
export interface RecoveredActor {
  readonly head: Head;
  readonly exists: boolean;
  readonly image: StateImage;
  readonly facets: readonly ResolvedFacet[];
  readonly openTurn: OpenTurn | null;
  /** Messages that wait, in the order of acceptance. */
  readonly rows: readonly InboxRow[];
  readonly checkpointSeq: number;
  readonly turnsSinceCheckpoint: number;
  /** `replayOnActivation: false`: it begins from nothing, as the journal will say. */
  readonly reset: boolean;
  /** With `onPoison: 'hold'`: the parked message that closes the line. */
  readonly poisoned: PlexSpacesError | null;
}

/**
 * Reads everything an activation needs; what concerns one actor and lies in one store is asked for in one tick.
 * @throws ActorNotFoundError, ActorTerminatedError, FacetDriftError, and what `recover` throws
 */
export async function recoverActor(host: DurableActivation, mailbox: Mailbox): Promise<RecoveredActor> {
  try {
    return await readActor(host, mailbox);
  } catch (error) {
    lookAgainSoon(host, error); // what it was woken for is due still
    throw error;
  }
}

async function readActor(host: DurableActivation, mailbox: Mailbox): Promise<RecoveredActor> {
  const { system, cls, address } = host;
  const { definition } = cls;
  const actor = address.encoded;
  const warn = (error: Error): void => {
    system.logger.warn(`${error.message} An older checkpoint is used.`);
  };
  const landing = system.adrift.whenLanded(actor);
  if (landing !== null) await landing;
  for (const message of mailbox.all) if (message.handler.readOnly) message.seenBy = host;
  const read = (): Promise<[Recovered, readonly InboxRow[], readonly InboxRow[]]> =>
    Promise.all([
      recover(system.storage, actor, { supportedSchema: definition.schema, warn }),
      system.storage.inbox.pending(actor),
      definition.onPoison === 'hold' ? system.storage.inbox.parked(actor) : [],
    ]);
  let [found, rows, parked] = await read();
  // A predecessor that is still writing may have come between the two: only what stays so is damage.
  for (let again = 0; again < READ_AGAIN && found.openTurn !== null && !hasRowOf(found.openTurn, rows); again++)
    [found, rows, parked] = await read();
  await untilTold(rows, mailbox);
  await failOvertaken(host, mailbox);
  const { head } = found;
  if (!host.isVirtual) {
    const isComing = host.isBeingCreated || host.exists || rows.some(isCreation);
    if (head.status === 'absent' && !isComing) throw await parkOrphans(host, head, rows, new ActorNotFoundError(actor));
    if (head.status === 'terminated') throw await parkOrphans(host, head, rows, new ActorTerminatedError(actor));
  }
  const reset = definition.durability?.replayOnActivation === false && head.seq > 0;
  const image = reset ? new StateImage() : found.image;
  const facets = facetsOf(actor, cls.facets, image, system.facets);
  assertNoDrift(host, found.lastActivation);
  return {
    head,
    exists: head.status === 'live',
    image,
    facets,
    openTurn: found.openTurn,
    rows,
    checkpointSeq: found.checkpointSeq,
    turnsSinceCheckpoint: found.turnsSinceCheckpoint,
    reset,
    poisoned: parked[0] === undefined ? null : poisonOf(parked[0]),
  };
}

/** A facet that runs on replay belongs to the recorded path: the class may not drop or add one without a new version. */
function assertNoDrift(
  host: DurableActivation,
  last: { readonly facetChain: string; readonly codeVersion: string } | null,
): void {
  const declared = host.cls.chain.replayFingerprint;
  if (last === null || last.facetChain === declared || last.codeVersion !== host.cls.definition.version) return;
  throw new FacetDriftError(host.address.encoded, last.facetChain, declared);
}

export function poisonOf(row: InboxRow): PlexSpacesError {
  const answer = decodeAnswer(row);
  return new MessageParkedError(
    row.actor,
    row.id,
    row.attempts,
    answer.kind === 'error' ? { cause: answer.error } : {},
  );
}
