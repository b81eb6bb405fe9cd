/** The first text behind every text that begins with `prefix`, in the order of UTF-8 bytes; `null` when there is none. */
export function utf8After(prefix: string): string | null {
  const points = [...prefix];
  for (let last = points.pop(); last !== undefined; last = points.pop()) {
    const next = (last.codePointAt(0) as number) + 1;
    if (next > 0x10_ff_ff) continue;
    return points.join('') + String.fromCodePoint(next === 0xd800 ? 0xe000 : next); // surrogates are no characters
  }
  return null;
}
