import { Command, Option } from 'commander';
import { type ExportFlags, exportCommand } from './commands/export.command';
import { importCommand } from './commands/import.command';
import { migrateCommand, sqlCommand, statusCommand } from './commands/migrate.command';
import { type PurgeFlags, purgeCommand } from './commands/purge.command';
import type { Terminal } from './terminal';

const STORAGE = 'where the data lies, such as sqlite:./data.db; default: PLEXSPACES_STORAGE';

/** Every command, with its options. */
export function makeProgram(terminal: Terminal): Command {
  const program = new Command('plexspaces')
    .description('Tools for the storages of PlexSpaces')
    .exitOverride()
    .configureOutput({ writeOut: terminal.out, writeErr: terminal.err });
  const command = (name: string, description: string): Command =>
    program.command(name).description(description).addOption(new Option('--storage <url>', STORAGE));

  command('migrate', 'make the tables, or bring them up to date').action((flags: { storage?: string }) =>
    migrateCommand(terminal, flags.storage),
  );
  command('status', 'tell which tables there are, and which are missing').action((flags: { storage?: string }) =>
    statusCommand(terminal, flags.storage),
  );
  command('sql', 'print the statements of migrate').action((flags: { storage?: string }) =>
    sqlCommand(terminal, flags.storage),
  );
  command('export', 'write actors to an archive file')
    .argument('<file>')
    .addOption(new Option('--actor <id>', 'this one: tenant/namespace/type/key').conflicts('prefix'))
    .option('--prefix <prefix>', 'those whose ids begin so; default: all')
    .option('--before-checkpoint', 'only entries that recovery no longer needs')
    .option('--truncate', 'with --before-checkpoint: forget them once the file is on the disk')
    .action((file: string, flags: ExportFlags) => exportCommand(terminal, file, flags));
  command('import', 'read an archive file back into a storage')
    .argument('<file>')
    .action((file: string, flags: { storage?: string }) => importCommand(terminal, file, flags.storage));
  command('purge', 'forget terminated actors')
    .addOption(new Option('--actor <id>', 'this one: tenant/namespace/type/key').conflicts(['prefix', 'olderThan']))
    .option('--prefix <prefix>', 'those whose ids begin so')
    .option('--older-than <duration>', "those whose last entry is older, such as '30d'; default 0: all")
    .action((flags: PurgeFlags) => purgeCommand(terminal, flags));
  return program;
}
