import type { HeadRow, Storage } from '#spi';
import { ArchiveConflictError } from '../errors';
import { firstKeptSeq } from '../retention/kept-history';
import type { ActorPart, ArchivePart } from './archive-format';
import { ImportRange } from './import-range';
import { ImportWhole } from './import-whole';
import { isUnfinished } from './importer';

/** What became of the archived actors. */
export interface Imported {
  /** Actors made, or completed after an import that was cut short. */
  readonly actors: number;
  /** Actors that got entries back below those they had. */
  readonly ranges: number;
  /** Actors that had everything already. */
  readonly unchanged: number;
}

/** One actor of an archive on its way into the store. */
export interface ActorImport {
  take(part: ArchivePart): Promise<void>;
  /** @returns whether anything was written */
  finish(): Promise<boolean>;
}

/**
 * Would each actor of the archive fit? Nothing is written. It reads the archive to its end, which makes sure of that too.
 * @returns how many actors
 * @throws ArchiveConflictError, ArchiveDamagedError, SchemaTooNewError
 */
export async function checkImport(store: Storage, parts: AsyncIterable<ArchivePart>): Promise<number> {
  let count = 0;
  for await (const part of parts) {
    if (part.kind !== 'actor') continue;
    count++;
    const { actor, scope, head, through } = part.actor;
    const found = await store.journal.head(actor);
    if (scope === 'whole') checkWhole(part.actor, found);
    else {
      if (found.seq < through)
        throw new ArchiveConflictError(actor, `has ${found.seq} entries where ${through} are needed`);
      const first = (await firstKeptSeq(store.journal, actor)) ?? found.seq + 1;
      if (first > through + 1)
        throw new ArchiveConflictError(
          actor,
          `begins at entry ${first}, and this ends at ${through}: import what lies between first`,
        );
      if (found.seq < head.seq) throw new ArchiveConflictError(actor, 'is older than its archive');
    }
  }
  return count;
}

/** Writes the actors of a checked archive. Repeated, it goes on where it was cut short, and changes nothing that is there. */
export async function importActors(
  store: Storage,
  parts: AsyncIterable<ArchivePart>,
  onActor: (actor: string) => void = () => undefined,
): Promise<Imported> {
  const count = { actors: 0, ranges: 0, unchanged: 0 };
  let current: { readonly of: ActorPart; readonly work: ActorImport } | null = null;
  const finish = async (): Promise<void> => {
    if (current === null) return;
    const { of, work } = current;
    if (!(await work.finish())) count.unchanged++;
    else count[of.scope === 'whole' ? 'actors' : 'ranges']++;
    onActor(of.actor);
  };
  for await (const part of parts) {
    if (part.kind === 'actor') {
      await finish();
      current = { of: part.actor, work: await begin(store, part.actor) };
    } else if (part.kind !== 'start' && part.kind !== 'end') await current?.work.take(part);
  }
  await finish();
  return count;
}

async function begin(store: Storage, of: ActorPart): Promise<ActorImport> {
  const found = await store.journal.head(of.actor);
  if (of.scope === 'range') return new ImportRange(store, of, await firstKeptSeq(store.journal, of.actor), found.seq);
  checkWhole(of, found);
  return new ImportWhole(store, of, found);
}

function checkWhole({ actor, head }: ActorPart, found: HeadRow): void {
  const isNew = found.seq === 0 && found.epoch === 0;
  const isSame = found.seq === head.seq && found.epoch === head.epoch && found.writer === head.writer;
  if (isNew || isSame || isUnfinished(head, found)) return;
  const reason = found.seq > head.seq ? `has newer entries: ${found.seq}, and ${head.seq} here` : 'has another history';
  throw new ArchiveConflictError(actor, reason);
}
