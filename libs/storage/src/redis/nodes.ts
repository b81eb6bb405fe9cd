import { PARTITIONS, StorageUnavailableError, StoreClosedError, StoreFailedError, SystemEnv } from '#spi';
import { type Driver, isReply, loadDriver } from './driver';
import { SCHEMA_VERSION, checkSchema, inspectServer } from './inspect-server';
import { Keys, SLOTS, slotOf } from './keys';
import { type Argument, type Call, type CallResult, Link } from './link';
import { unavailable } from './unavailable';
import type { Endpoint, RedisTarget } from './redis-options';
import { ARCHIVE_SCRIPTS } from './scripts/archive.scripts';
import { FLUSH } from './scripts/flush.script';
import { LATEST_CHECKPOINT, SAVE_CHECKPOINT } from './scripts/checkpoint.scripts';
import { CLAIM, RELEASE } from './scripts/lease.scripts';
import {
  ACTORS,
  ACTORS_PARKED,
  DUE,
  LINE,
  MOVED,
  NEXT_DUE,
  OUTBOXES,
  READ,
  SWEEP,
  TRUNCATE,
} from './scripts/read.scripts';
import { PROBE } from './scripts/probe.script';
import type { Script } from './scripts/script';
import { Witness } from './witness';

/** What belongs together lies under one hash tag: a partition's number, or a name. */
export type Tag = number | 'meta' | 'lease';

export interface Routed extends Call {
  readonly tag: Tag;
}

export const STORE_SCRIPTS: readonly Script[] = [
  PROBE,
  FLUSH, READ, TRUNCATE, LINE, DUE, NEXT_DUE, SWEEP, ACTORS, ACTORS_PARKED, OUTBOXES, MOVED, SAVE_CHECKPOINT, LATEST_CHECKPOINT,
  ...ARCHIVE_SCRIPTS,
]; // prettier-ignore
export const LEASE_SCRIPTS: readonly Script[] = [PROBE, CLAIM, RELEASE];

/** How often a call goes on to where a cluster says it belongs, and the first pause before it does; the pause doubles. */
const MOVES = 8;
const PAUSE_MS = 10;

/**
 * The servers of a store: one, or the masters of a cluster, each over a link of its own.
 *
 * Invariants
 *   N1  Calls of one tag reach their server in the order in which they were made, as long as its connection holds and its
 *       slot stays.
 *   N2  Sent again is only what a server has refused unlooked (MOVED, ASK, TRYAGAIN, CLUSTERDOWN), and, once, what only reads
 *       and has lost its connection: so a cut that hits a write does not fail the reads beside it.
 */
export class Nodes {
  private readonly links = new Map<string, Link>();
  /** By slot, on a cluster. */
  private owners: readonly (Link | undefined)[] = [];
  private isClosed = false;
  readonly witness = new Witness();
  private readonly env = new SystemEnv();

  private constructor(
    private readonly driver: Driver,
    private readonly target: RedisTarget,
    private readonly keys: Keys,
    private readonly scripts: readonly Script[],
  ) {}

  /** @throws StorageUnavailableError, UnsafeStorageError, SchemaTooNewError, MissingPackageError */
  static async open(target: RedisTarget, scripts: readonly Script[]): Promise<Nodes> {
    const nodes = new Nodes(await loadDriver(), target, new Keys(target.prefix), scripts);
    try {
      if (target.cluster) await nodes.learn();
      else await nodes.linkTo(target.endpoints[0] as Endpoint).open();
      await nodes.prepare();
      return nodes;
    } catch (error) {
      await nodes.close();
      throw error;
    }
  }

  get isCluster(): boolean {
    return this.target.cluster;
  }

  /** @throws StoreFailedError, StoreClosedError */
  async call(call: Routed): Promise<unknown> {
    const [result] = await this.callAll([call]);
    if (result !== undefined && 'error' in result) throw asFailure(result.error);
    return result?.value;
  }

  /** Sends all at once, those of one server together. Never rejects: each has a result. */
  async callAll(calls: readonly Routed[]): Promise<readonly CallResult[]> {
    const results: CallResult[] = [];
    let waiting = calls.map((_, i) => i);
    for (let moves = 0; waiting.length > 0; moves++) {
      await this.sendOnce(calls, waiting, results);
      const lost =
        moves > 0 ? [] : waiting.filter((i) => isRead(calls[i] as Routed) && !isAnswered(results[i] as CallResult));
      if (lost.length > 0) await this.sendOnce(calls, lost, results);
      waiting = this.isCluster ? waiting.filter((i) => isRefusedUnlooked(results[i] as CallResult)) : [];
      if (waiting.length === 0 || moves === MOVES) break;
      await this.followUp(calls, waiting, results, moves);
      waiting = waiting.filter((i) => isRefusedUnlooked(results[i] as CallResult));
    }
    return results;
  }

  /** The same question to all these partitions: at once where one server has them all. @returns one reply per call that was made */
  async ask(script: Script, args: readonly Argument[], partitions: readonly number[]): Promise<readonly unknown[]> {
    if (partitions.length === 0) return [];
    const bases = (some: readonly number[]): string[] => some.map((partition) => this.keys.base(partition));
    const calls: Routed[] = this.isCluster
      ? partitions.map((p) => ({ tag: p, script, keys: this.keys.ofPartition(p), args: [...args, ...bases([p])] }))
      : [{ tag: 'meta', script, keys: [], args: [...args, ...bases(partitions)] }];
    return (await this.callAll(calls)).map((result) => {
      if ('error' in result) throw asFailure(result.error);
      return result.value;
    });
  }

  /** Partitions that have ever been written to, by whomever. */
  async usedPartitions(): Promise<number[]> {
    const reply = await this.call({ tag: 'meta', command: 'smembers', keys: [this.keys.partitions], args: [] });
    return (reply as readonly Buffer[]).map(Number).filter((partition) => partition >= 0 && partition < PARTITIONS);
  }

  /** @throws StoreClosedError */
  check(): void {
    if (this.isClosed) throw new StoreClosedError('redis');
  }

  async close(): Promise<void> {
    this.isClosed = true;
    await Promise.all([...this.links.values()].map((link) => link.close()));
  }

  private async sendOnce(calls: readonly Routed[], indexes: readonly number[], results: CallResult[]): Promise<void> {
    const groups = new Map<Link, number[]>();
    for (const i of indexes) {
      const link = this.linkFor((calls[i] as Routed).tag);
      const group = groups.get(link);
      if (group === undefined) groups.set(link, [i]);
      else group.push(i);
    }
    await Promise.all(
      [...groups].map(async ([link, group]) => {
        try {
          const answers = await link.callAll(group.map((i) => calls[i] as Routed));
          group.forEach((i, k) => (results[i] = answers[k] as CallResult));
        } catch (error) {
          for (const i of group) results[i] = { error: error as Error };
        }
      }),
    );
    if (this.isCluster && indexes.some((i) => !isAnswered(results[i] as CallResult)))
      await this.learn().catch(() => undefined); // a master may have been replaced
  }

  /** Some slots are elsewhere, or on their way: look again where, and ask there what is to be asked there (ASK). */
  private async followUp(
    calls: readonly Routed[],
    indexes: readonly number[],
    results: CallResult[],
    moves: number,
  ): Promise<void> {
    await new Promise<void>((resolve) => this.env.schedule(resolve, PAUSE_MS * 2 ** moves));
    await this.learn().catch(() => undefined);
    for (const i of indexes) {
      const message = 'error' in (results[i] as CallResult) ? (results[i] as { error: Error }).error.message : '';
      const [, host, port] = /^ASK \d+ (.*):(\d+)$/.exec(message) ?? [];
      if (host === undefined) continue;
      const link = this.linkTo({ host, port: Number(port) });
      const asking: Call = { command: 'asking', keys: [], args: [] };
      const answers = await link
        .callAll([asking, calls[i] as Routed])
        .catch((error: unknown) => [{ error: error as Error }]);
      results[i] = answers.at(-1) as CallResult;
    }
  }

  private linkFor(tag: Tag): Link {
    this.check();
    if (!this.isCluster) return this.linkTo(this.target.endpoints[0] as Endpoint);
    const slot = typeof tag === 'number' ? (SLOTS[tag] as number) : slotOf(tag);
    return this.owners[slot] ?? this.linkTo(this.target.endpoints[0] as Endpoint);
  }

  private linkTo(endpoint: Endpoint): Link {
    const name = `${endpoint.host}:${endpoint.port}`;
    let link = this.links.get(name);
    if (link === undefined) {
      const { driver, target, scripts } = this;
      const place = `Redis at ${name}`;
      link = new Link(driver, endpoint, target, scripts, async (facts, ask) => {
        await inspectServer(place, facts, target, ask);
        await this.witness.verify(place, this.keys, ask);
      });
      this.links.set(name, link);
    }
    return link;
  }

  /** Who has which slot, from the first server that tells. */
  private async learn(): Promise<void> {
    let failure: unknown;
    for (const endpoint of [...this.target.endpoints, ...[...this.links.values()].map((link) => link.endpoint)]) {
      try {
        const link = this.linkTo(endpoint);
        await link.open();
        await this.take((await link.call({ command: 'cluster', keys: [], args: ['SLOTS'] })) as SlotRange[], endpoint);
        return;
      } catch (error) {
        failure = error;
      }
    }
    throw failure as Error;
  }

  private async take(ranges: readonly SlotRange[], from: Endpoint): Promise<void> {
    const owners: (Link | undefined)[] = Array.from({ length: 16_384 }, () => undefined);
    for (const [first, last, [host, port]] of ranges)
      owners.fill(this.linkTo({ host: String(host ?? '') || from.host, port: port }), first, last + 1);
    if (owners.includes(undefined))
      throw new StorageUnavailableError(
        `Redis Cluster at ${from.host}:${from.port}`,
        'it has slots that no server serves',
      );
    if (this.owners.length === 0) await Promise.all([...new Set(owners as Link[])].map((link) => link.open()));
    this.owners = owners;
  }

  private async prepare(): Promise<void> {
    const { schema, probe } = this.keys;
    const results = await this.callAll([
      { tag: 'meta', script: PROBE, keys: [probe], args: [] },
      { tag: 'meta', command: 'setnx', keys: [schema], args: [String(SCHEMA_VERSION)] },
      { tag: 'meta', command: 'get', keys: [schema], args: [] },
    ]);
    const place = (this.target.endpoints[0] as Endpoint).host;
    for (const result of results) if ('error' in result) throw unavailable(`Redis at ${place}`, result.error);
    checkSchema(schema, (results[2] as { value: unknown }).value);
  }
}

type SlotRange = readonly [
  first: number,
  last: number,
  master: readonly [host: Buffer | null, port: number, ...unknown[]],
];

const READS = new Set(['hget', 'hkeys', 'smembers', 'zcount', 'zrange', 'get']);

function isRead({ script, command = '' }: Routed): boolean {
  return script?.isRead ?? READS.has(command);
}

function isAnswered(result: CallResult): boolean {
  return !('error' in result) || isReply(result.error);
}

function isRefusedUnlooked(result: CallResult): boolean {
  return 'error' in result && isReply(result.error) && /^(MOVED|ASK|TRYAGAIN|CLUSTERDOWN) /.test(result.error.message);
}

/** What the server refused, as the ports say it. */
export function asFailure(error: Error): Error {
  return isReply(error) ? new StoreFailedError('redis', error.message) : error;
}
