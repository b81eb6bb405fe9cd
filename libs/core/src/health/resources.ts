import { statfs } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { getHeapStatistics } from 'node:v8';
import type { Env, Timer } from '#spi';
import type { ResolvedHealthOptions } from './health.options';

/** How often the lateness of timers is measured. */
const EVERY_MS = 1_000;

/** What is left of what the process lives on. Pure facts; which of them is too little the options say. */
export interface ResourceFacts {
  readonly freeDiskBytes: number | null;
  readonly rssBytes: number;
  readonly rssLimitBytes: number;
  readonly heapShare: number;
  readonly lagMs: number;
}

/** Measures resources. The lag is that of the last second, and what has passed since when no timer comes any more. */
export class Resources {
  private timer: Timer | null = null;
  private expectedAt = 0;
  private lastLagMs = 0;

  constructor(
    private readonly env: Env,
    private readonly options: ResolvedHealthOptions,
  ) {}

  start(): void {
    this.expectedAt = this.env.monotonic() + EVERY_MS;
    this.timer = this.env.schedule(() => {
      this.lastLagMs = Math.max(0, this.env.monotonic() - this.expectedAt);
      this.start();
    }, EVERY_MS);
  }

  stop(): void {
    this.timer?.cancel();
  }

  async measure(): Promise<ResourceFacts> {
    const { diskPath, maxRssBytes } = this.options;
    const { used_heap_size: used, heap_size_limit: limit } = getHeapStatistics();
    const disk = diskPath === null ? null : await statfs(diskPath);
    return {
      freeDiskBytes: disk === null ? null : disk.bavail * disk.bsize,
      rssBytes: process.memoryUsage.rss(),
      rssLimitBytes: maxRssBytes ?? rssLimit(process.constrainedMemory(), totalmem()),
      heapShare: used / limit,
      lagMs: Math.round(Math.max(this.lastLagMs, this.env.monotonic() - this.expectedAt)),
    };
  }
}

/** Nearly all that the process may have. `allowed`: 0, or a number beyond all memory, where no limit is set. Pure. */
export function rssLimit(allowed: number, machine: number): number {
  return Math.floor(0.95 * (allowed > 0 ? Math.min(allowed, machine) : machine));
}

/** Which resources run out. Pure. */
export function shortages(
  facts: ResourceFacts,
  { minFreeBytes, maxHeapShare, maxLagMs }: Pick<ResolvedHealthOptions, 'minFreeBytes' | 'maxHeapShare' | 'maxLagMs'>,
): readonly ('disk' | 'memory' | 'heap' | 'eventLoop')[] {
  const short: ('disk' | 'memory' | 'heap' | 'eventLoop')[] = [];
  if (facts.freeDiskBytes !== null && facts.freeDiskBytes < minFreeBytes) short.push('disk');
  if (facts.rssBytes > facts.rssLimitBytes) short.push('memory');
  if (facts.heapShare > maxHeapShare) short.push('heap');
  if (facts.lagMs > maxLagMs) short.push('eventLoop');
  return short;
}
