import type { DurableActivation } from './durable-activation';
import { readPending } from './pending-messages';

/**
 * Stored messages that fell due while their actor was in memory. They are looked for between two turns, while nothing
 * is on its way to the store: so none is found that is just being ended.
 */
export class DueRows {
  private expected = false;
  private interruptions = 0;

  constructor(private readonly host: DurableActivation) {}

  get areExpected(): boolean {
    return this.expected;
  }

  expect(): void {
    this.expected = true;
  }

  /** Somebody else moves the line on: a look that is under way ends without a trace. */
  interrupt(): void {
    this.interruptions++;
  }

  /** Puts what is due in line, which is held meanwhile. @returns may the line move on? */
  async takeUp(): Promise<boolean> {
    const { host, interruptions } = this;
    this.expected = false;
    try {
      await host.line.whenDurable();
    } catch {
      this.expected = true; // the refused step is undone first; with that the line comes here again
      return false;
    }
    const messages = await readPending(host);
    if (interruptions !== this.interruptions) return false;
    for (const message of messages) host.enqueue(message); // one that is in line already is absorbed
    return true;
  }
}
