import { Listr } from 'listr2';

/** What a command talks to. */
export interface Terminal {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Somebody watches: progress is drawn. */
  readonly isWatched: boolean;
}

/** Runs something long, saying how far it has come to whoever watches. */
export async function withProgress<T>(
  terminal: Terminal,
  title: string,
  run: (tell: (progress: string) => void) => Promise<T>,
): Promise<T> {
  if (!terminal.isWatched) return run(() => undefined);
  let result: T | undefined;
  const task = {
    title,
    task: async (_: unknown, own: { output: string }) => void (result = await run((text) => (own.output = text))),
  };
  await new Listr([task], { rendererOptions: { showErrorMessage: false } }).run();
  return result as T;
}
