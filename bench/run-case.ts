// The process of one case: `run-case.ts <name> <storage> <scale>`. Sends its figures to the parent and ends.
import 'reflect-metadata';
import { CASES, isCaseName } from './cases';
import { makeBench } from './harness/case';
import { makeFolder, removeFolder } from './harness/folder';
import { isStorageName } from './harness/storage-name';

let bench: ReturnType<typeof makeBench> | undefined;

async function main(name: string, storage: string, scale: number): Promise<void> {
  if (!isCaseName(name)) throw new Error(`There is no case "${name}".`);
  if (!isStorageName(storage)) throw new Error(`There is no storage "${storage}".`);
  const folder = makeFolder();
  bench = makeBench(folder, storage, scale);
  try {
    const figures = await CASES[name](bench);
    await new Promise<void>((resolve, reject) => {
      if (process.send === undefined) reject(new Error('A case is started by main.ts.'));
      else process.send({ figures }, (error: Error | null) => (error === null ? resolve() : reject(error)));
    });
  } finally {
    await bench.close();
    removeFolder(folder);
  }
}

/** It ends with its parent, and leaves no server behind. */
function abandon(): void {
  void Promise.resolve(bench?.close()).finally(() => process.exit(1));
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, abandon);
process.once('disconnect', abandon);
main(process.argv[2] ?? '', process.argv[3] ?? '', Number(process.argv[4] ?? 1)).then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error);
    process.send?.({ failure: error instanceof Error ? error.message : String(error) });
    process.exitCode = 1;
    process.disconnect();
  },
);
