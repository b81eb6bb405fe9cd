import { Listr } from 'listr2';

/** Says how far a step has come; shown while it runs. */
export type Progress = (text: string) => void;

export interface Step {
  readonly title: string;
  /** Returns what the step's line says when it is done. */
  readonly run: (progress: Progress) => Promise<string>;
}

interface Task {
  title: string;
  output: string;
}

/** Where progress is not drawn over but written line by line, as in a build log. */
const LOG_EVERY_MS = 2_000;

/** Runs the steps one after the other with a line for each. A failing step ends the run with its error. */
export async function runSteps(steps: readonly Step[], silent: boolean): Promise<void> {
  const tasks = steps.map(({ title, run }) => ({
    title,
    task: async (_: unknown, task: Task) => {
      task.title = await run(progressOf(task));
    },
  }));
  await new Listr(tasks, {
    concurrent: false,
    renderer: silent ? 'silent' : 'default',
    fallbackRenderer: 'simple',
    rendererOptions: { showErrorMessage: false, collapseErrors: false },
  }).run();
}

function progressOf(task: Task): Progress {
  let last = performance.now();
  return (text) => {
    const now = performance.now();
    if (!process.stdout.isTTY && now - last < LOG_EVERY_MS) return;
    last = now;
    task.output = text;
  };
}
