// The process of one case: `run-case.ts <name> <scale>`. Sends its figures to the parent and ends.
import 'reflect-metadata';
import { CASES, isCaseName } from './cases';
import { makeBench } from './harness/case';
import { makeFolder, removeFolder } from './harness/folder';

async function main(name: string, scale: number): Promise<void> {
  if (!isCaseName(name)) throw new Error(`There is no case "${name}".`);
  const folder = makeFolder();
  try {
    const figures = await CASES[name](makeBench(folder, scale));
    await new Promise<void>((resolve, reject) => {
      if (process.send === undefined) reject(new Error('A case is started by main.ts.'));
      else process.send(figures, (error: Error | null) => (error === null ? resolve() : reject(error)));
    });
  } finally {
    removeFolder(folder);
  }
}

process.on('disconnect', () => process.exit(1)); // it ends with its parent, and not before its own end
main(process.argv[2] ?? '', Number(process.argv[3] ?? 1)).then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
