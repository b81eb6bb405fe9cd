/** What INFO says of a server, as far as a store cares. */
export interface ServerFacts {
  /** Another one in each life of the server's process. */
  readonly runId: string;
  readonly version: string;
  readonly isLoading: boolean;
  readonly isReplica: boolean;
  readonly isCluster: boolean;
  /** `undefined` where it is not told. */
  readonly hasAof: boolean | undefined;
}

export function factsOf(info: string): ServerFacts {
  const fields = new Map(info.split('\r\n').map((line) => line.split(/:(.*)/, 2) as [string, string]));
  const aof = fields.get('aof_enabled');
  return {
    runId: fields.get('run_id') ?? '',
    version: fields.get('redis_version') ?? '0',
    isLoading: fields.get('loading') === '1',
    isReplica: fields.get('role') === 'slave',
    isCluster: fields.get('cluster_enabled') === '1',
    hasAof: aof === undefined ? undefined : aof === '1',
  };
}
