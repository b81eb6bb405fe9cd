import type { InboxStorage } from '#spi';

/** Counted up to here: a look costs one page of the index of parked messages, however many there are. */
const COUNTED = 1_000;

/** Actors with parked messages, whoever parked them and when. */
export interface ParkedActors {
  /** How many; with `more` there are others. */
  readonly count: number;
  readonly more: boolean;
  /** The first of them, with the number of their messages. */
  readonly actors: readonly { readonly actor: string; readonly messages: number }[];
}

export async function findParkedActors(inbox: InboxStorage, limit: number): Promise<ParkedActors> {
  const found = await inbox.actorsParked('', '', COUNTED + 1);
  const actors: { actor: string; messages: number }[] = [];
  for (const actor of found.slice(0, limit)) {
    const { length } = await inbox.parked(actor);
    if (length > 0) actors.push({ actor, messages: length }); // else somebody has just taken them up
  }
  return { count: Math.min(found.length, COUNTED), more: found.length > COUNTED, actors };
}
