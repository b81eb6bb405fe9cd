import type { DueActor, InboxRow, InboxStorage } from '#spi';
import type { RequestLine } from './request-line';

/** The inbox as one life sees it. */
export class SimInboxStorage implements InboxStorage {
  constructor(private readonly line: RequestLine) {}

  find(actor: string, id: string): Promise<InboxRow | null> {
    return this.line.readLog('find', () => this.line.engine.inbox.find(actor, id));
  }

  pending(actor: string): Promise<readonly InboxRow[]> {
    return this.line.readLog('pending', () => this.line.engine.inbox.pending(actor));
  }

  due(atMs: number, limit: number): Promise<readonly DueActor[]> {
    return this.line.readLog('due', () => this.line.engine.inbox.due(atMs, limit));
  }

  nextDue(afterMs: number): Promise<number | null> {
    return this.line.readLog('nextDue', () => this.line.engine.inbox.nextDue(afterMs));
  }

  sweep(nowMs: number, limit: number): Promise<number> {
    return this.line.change('sweep', false, () => this.line.engine.sweep(nowMs, limit));
  }

  parked(actor: string): Promise<readonly InboxRow[]> {
    return this.line.readLog('parked', () => this.line.engine.inbox.parked(actor));
  }

  actorsParked(prefix: string, after: string, limit: number): Promise<readonly string[]> {
    return this.line.readLog('actorsParked', () => this.line.engine.inbox.actorsParked(prefix, after, limit));
  }

  done(actor: string, after: string, limit: number): Promise<readonly InboxRow[]> {
    return this.line.readLog('done', () => this.line.engine.inbox.done(actor, after, limit));
  }
}
