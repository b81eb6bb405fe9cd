import { CommanderError } from 'commander';
import { isPlexSpacesError } from '#spi';
import { makeProgram } from './program';
import type { Terminal } from './terminal';

/** Exit codes. */
const OK = 0;
const FAILED = 1;
const USAGE = 2;

/** One command. Never rejects: what went wrong is one line, and the exit code. */
export async function run(args: readonly string[], terminal: Terminal): Promise<number> {
  try {
    await makeProgram(terminal).parseAsync(args, { from: 'user' });
    return OK;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? OK : USAGE; // commander has said it already
    terminal.err(`${oneLine(error)}\n`);
    return isPlexSpacesError(error, 'PS_COMMAND_USAGE') ? USAGE : FAILED;
  }
}

function oneLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replace(/\s*\n\s*/g, ' ');
}
