import { importFromFile } from '../archive-file';
import { type Terminal, withProgress } from '../terminal';
import { withStorage } from './with-storage';

export async function importCommand(terminal: Terminal, file: string, url: string | undefined): Promise<void> {
  await withStorage(
    terminal,
    url,
    async (storage, label) => {
      const { actors, ranges, unchanged } = await withProgress(terminal, `Importing ${file}`, (tell) =>
        importFromFile(storage, file, tell),
      );
      terminal.out(`${label} has ${actors} more actors; ${ranges} got entries back, ${unchanged} had everything.\n`);
    },
    { mayMake: true },
  );
}
