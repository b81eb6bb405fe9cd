import type { LeaseHolder, LeaseStorage } from '#spi';
import type { MemoryLeases } from '#storage/memory';
import type { RequestLine } from './request-line';

/** The leases as one life sees them, over a line of its own (L5). A claim may take its time to get there, and its answer to get back. */
export class SimLeaseStorage implements LeaseStorage {
  constructor(
    private readonly line: RequestLine,
    private readonly leases: MemoryLeases,
  ) {}

  claim(name: string, holder: string, ttlMs: number): Promise<LeaseHolder> {
    const { line, leases } = this;
    const isLate = (label: string): Promise<void> => line.beLate(line.engine.faults.claimDelay(ttlMs, label));
    return line.change('claim', false, async () => {
      await isLate('claim');
      const answer = leases.claim(name, holder, ttlMs);
      await line.pause('claim.answer.latency');
      await isLate('claim.answer');
      return answer;
    });
  }

  release(name: string, holder: string): Promise<void> {
    return this.line.change('release', false, async () => this.leases.release(name, holder));
  }

  async close(): Promise<void> {
    this.line.close();
  }
}
