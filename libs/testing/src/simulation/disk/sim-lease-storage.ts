import type { LeaseHolder, LeaseStorage } from '#spi';
import type { MemoryLeases } from '#storage/memory';
import type { RequestLine } from './request-line';

/** The leases as one life sees them, over a line of its own (L5). A grant may take its time to get back. */
export class SimLeaseStorage implements LeaseStorage {
  constructor(
    private readonly line: RequestLine,
    private readonly leases: MemoryLeases,
  ) {}

  claim(name: string, holder: string, ttlMs: number): Promise<LeaseHolder> {
    return this.line.change('claim', false, async () => {
      const answer = this.leases.claim(name, holder, ttlMs);
      await this.line.pause('claim.answer.latency');
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
