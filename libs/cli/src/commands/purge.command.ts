import { Journal } from '#journal';
import { CommandUsageError } from '../errors';
import { type Terminal, withProgress } from '../terminal';
import { readActorId } from './select-actors';
import { withStorage } from './with-storage';

export interface PurgeFlags {
  readonly storage?: string;
  readonly actor?: string;
  readonly prefix?: string;
  readonly olderThan?: string;
}

export async function purgeCommand(terminal: Terminal, flags: PurgeFlags): Promise<void> {
  const { actor, prefix = '', olderThan = 0 } = flags;
  if (actor === undefined && flags.prefix === undefined && flags.olderThan === undefined)
    throw new CommandUsageError(
      'purge',
      "needs to be told whom: --actor <id>, --prefix <prefix> or --older-than '30d'",
    );
  const id = actor === undefined ? undefined : readActorId(actor);
  await withStorage(terminal, flags.storage, async (storage, label) => {
    const journal = new Journal(storage);
    if (id !== undefined) {
      await journal.purge(id);
      terminal.out(`${id} was purged from ${label}.\n`);
      return;
    }
    const count = await withProgress(terminal, `Purging ${label}`, (onPurged) =>
      journal.purgeTerminated({ olderThan, prefix, onPurged }),
    );
    terminal.out(`${count} terminated actors were purged from ${label}.\n`);
  });
}
