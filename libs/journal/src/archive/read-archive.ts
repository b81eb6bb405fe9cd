import { SchemaTooNewError, isPlexSpacesError } from '#spi';
import { verifyEntry } from '../entries/entry-codec';
import { ArchiveDamagedError } from '../errors';
import { ARCHIVE_VERSION, type ActorPart, type ArchivePart, partOf, sumAfter } from './archive-format';

/**
 * The parts of an archive, each checked as it comes. What comes before damage was whole; that it is all is known at its end.
 * @throws ArchiveDamagedError naming file and line; SchemaTooNewError
 */
export async function* readArchive(file: string, lines: AsyncIterable<string>): AsyncGenerator<ArchivePart> {
  let sum = '';
  let number = 0;
  let actor: ActorPart | null = null;
  const count = { actors: 0, entries: 0 };
  let isEnded = false;
  for await (const line of lines) {
    number++;
    const damaged = (reason: string): ArchiveDamagedError => new ArchiveDamagedError(file, number, reason);
    if (isEnded) throw damaged('something follows its last line');
    const tab = line.lastIndexOf('\t');
    const json = line.slice(0, Math.max(0, tab));
    checkVersion(file, number, json);
    if (tab < 0 || line.slice(tab + 1) !== (sum = sumAfter(sum, json))) throw damaged('its checksum does not match');
    const part = read(json);
    if (part === null) throw damaged('it is no part of an archive');
    if ((part.kind === 'start') !== (number === 1)) throw damaged('an archive begins with its header, and has one');
    if (part.kind === 'actor') {
      actor = part.actor;
      count.actors++;
    } else if (part.kind === 'end') {
      isEnded = true;
      if (part.end.actors !== count.actors || part.end.entries !== count.entries)
        throw damaged(`it ends with ${part.end.entries} entries; ${count.entries} came before`);
    } else if (part.kind !== 'start' && actor === null) throw damaged('it belongs to no actor');
    if (part.kind === 'entries') {
      count.entries += part.entries.length;
      try {
        for (const record of part.entries) verifyEntry((actor as ActorPart).actor, record);
      } catch (error) {
        throw isPlexSpacesError(error, 'PS_CORRUPT_RECORD') ? damaged(error.message) : error;
      }
    }
    yield part;
  }
  if (!isEnded) throw new ArchiveDamagedError(file, number + 1, 'the file ends too early');
}

function read(json: string): ArchivePart | null {
  try {
    return partOf(json);
  } catch {
    return null; // told as damage, with its line
  }
}

/** Before the checksum: a newer format may have another one. */
function checkVersion(file: string, number: number, json: string): void {
  if (number !== 1) return;
  const version = /^\{"archive":"plexspaces","version":(\d+)[,}]/.exec(json)?.[1];
  if (version === undefined) throw new ArchiveDamagedError(file, 1, 'it does not begin as an archive does');
  if (Number(version) > ARCHIVE_VERSION)
    throw new SchemaTooNewError(`The archive ${file}`, Number(version), ARCHIVE_VERSION);
}
