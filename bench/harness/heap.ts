/** Bytes of live objects. Needs `--expose-gc`, which every case's process has. */
export async function liveBytes(): Promise<number> {
  if (globalThis.gc === undefined) throw new Error('Run it with --expose-gc.');
  for (let i = 0; i < 3; i++) {
    await new Promise((resolve) => setImmediate(resolve)); // what is queued may hold on to garbage
    globalThis.gc();
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
