/**
 * Does `op` `total` times with `inFlight` of them under way at any time: that many loops, each of which awaits one
 * before it takes the next. @returns operations per second
 */
export async function drive(total: number, inFlight: number, op: (index: number) => Promise<unknown>): Promise<number> {
  let next = 0;
  const loop = async (): Promise<void> => {
    for (let index = next++; index < total; index = next++) await op(index);
  };
  const start = performance.now();
  await Promise.all(Array.from({ length: inFlight }, loop));
  return total / ((performance.now() - start) / 1_000);
}

/** Does `op` one at a time. @returns how long each took, in milliseconds */
export async function timeEach(total: number, op: (index: number) => Promise<unknown>): Promise<number[]> {
  const ms = new Array<number>(total).fill(0);
  for (let index = 0; index < total; index++) {
    const start = performance.now();
    await op(index);
    ms[index] = performance.now() - start;
  }
  return ms;
}

/** Does `op` for so long, each loop at least once. @returns how long each took, and how many there were in a second */
export async function driveFor(
  durationMs: number,
  inFlight: number,
  op: (index: number) => Promise<unknown>,
): Promise<{ readonly opsPerSecond: number; readonly ms: readonly number[] }> {
  const ms: number[] = [];
  let next = 0;
  const start = performance.now();
  const loop = async (): Promise<void> => {
    do {
      const asked = performance.now();
      await op(next++);
      ms.push(performance.now() - asked);
    } while (performance.now() - start < durationMs);
  };
  await Promise.all(Array.from({ length: inFlight }, loop));
  return { opsPerSecond: ms.length / ((performance.now() - start) / 1_000), ms };
}
