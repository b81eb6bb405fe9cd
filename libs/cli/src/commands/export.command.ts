import { Journal } from '#journal';
import { SystemEnv } from '#spi';
import { exportToFile } from '../archive-file';
import { CommandUsageError } from '../errors';
import { type Terminal, withProgress } from '../terminal';
import { readActorId } from './select-actors';
import { withStorage } from './with-storage';

export interface ExportFlags {
  readonly storage?: string;
  readonly actor?: string;
  readonly prefix?: string;
  readonly beforeCheckpoint?: boolean;
  readonly truncate?: boolean;
}

export async function exportCommand(terminal: Terminal, file: string, flags: ExportFlags): Promise<void> {
  const { actor, beforeCheckpoint = false, truncate = false } = flags;
  if (truncate && !beforeCheckpoint)
    throw new CommandUsageError('--truncate', 'needs --before-checkpoint: only what recovery does not need may go');
  const id = actor === undefined ? undefined : readActorId(actor);
  await withStorage(terminal, flags.storage, async (storage, label) => {
    const select = { prefix: id ?? flags.prefix ?? '', isExact: id !== undefined, beforeCheckpoint };
    const exported = await withProgress(terminal, `Exporting from ${label}`, (tell) =>
      exportToFile(storage, file, new SystemEnv().now(), { ...select, onActor: tell }),
    );
    terminal.out(`${file} has ${exported.size} ${exported.size === 1 ? 'actor' : 'actors'} of ${label}.\n`);
    if (!truncate) return;
    const journal = new Journal(storage);
    for (const [name, through] of exported) await journal.truncate(name, through); // the file is on the disk
    terminal.out(`Their archived entries were taken out of ${label}.\n`);
  });
}
