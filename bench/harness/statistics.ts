/** The middle of the values, `NaN` of none. */
export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

/** Linear between neighbours, so the median of an even count is the mean of the middle two. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = Float64Array.from(values).sort();
  if (sorted.length === 0) return NaN;
  const place = (sorted.length - 1) * share;
  const below = sorted[Math.floor(place)] as number;
  const above = sorted[Math.ceil(place)] as number;
  return below + (above - below) * (place - Math.floor(place));
}

/** `{ p50Ms, p99Ms, … }` of latencies in milliseconds. */
export function latencies(ms: readonly number[]): { readonly p50Ms: number; readonly p99Ms: number } {
  return { p50Ms: percentile(ms, 0.5), p99Ms: percentile(ms, 0.99) };
}
