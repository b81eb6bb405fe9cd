/** What one indicator found; the shape that `HealthCheckService.check()` of @nestjs/terminus 11 and 12 takes. @publicApi */
export type HealthResult<Key extends string = string> = Readonly<
  Record<Key, { readonly status: 'up' | 'down' } & Readonly<Record<string, unknown>>>
>;

/** One indicator, for `HealthCheckService.check([...])`. @publicApi */
export type HealthIndicator = () => Promise<HealthResult>;

export function result(key: string, isUp: boolean, facts: Readonly<Record<string, unknown>> = {}): HealthResult {
  return { [key]: { ...facts, status: isUp ? 'up' : 'down' } };
}
