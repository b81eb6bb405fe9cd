import type { EntryBody } from '#journal';
import type { Env } from '#spi';
import { TurnLimitError } from '../errors';
import type { Message } from '../runtime/message';
import { type PendingEntry, receivedRecord } from './effect-record';

/** P12: entries and bytes of one turn. */
const MAX_ENTRIES = 10_000;
const MAX_BYTES = 4 * 1024 * 1024;
/** What an entry costs besides its payload, roughly. */
const ENTRY_BYTES = 64;

/** What one message has recorded: before this run, in it, and not in any append yet. */
export class TurnRecords {
  /** Everything, in recorded order: what a further run starts with. */
  readonly history: PendingEntry[];
  /** When the message was received, the first time it ran. */
  readonly receivedAt: number;
  /** An earlier run left records. */
  readonly resumed: boolean;
  /** Records of acts made by this run. */
  made = 0;
  private pending: PendingEntry[] = [];
  private entries = 0;
  private bytes = 0;

  constructor(
    private readonly env: Env,
    private readonly message: Message,
    history: readonly PendingEntry[],
  ) {
    const first = history.find(({ body }) => body.kind === 'MessageReceived');
    this.history = [...history];
    this.resumed = first !== undefined;
    this.receivedAt = first?.time ?? env.now();
  }

  /** The first record of a message that has none. */
  begin(): void {
    if (!this.resumed) this.push({ body: receivedRecord(this.message), time: this.receivedAt });
  }

  /** @throws TurnLimitError */
  add(body: EntryBody): PendingEntry {
    this.made++;
    this.count(body.kind === 'SideEffectExecuted' ? (body.result?.length ?? 0) : 0);
    const entry: PendingEntry = { body, time: this.env.now() };
    this.push(entry);
    return entry;
  }

  /** An entry that the commit will add. @throws TurnLimitError */
  count(bytes: number): void {
    this.entries++;
    this.bytes += bytes + ENTRY_BYTES;
    const { to, handler } = this.message;
    if (this.entries > MAX_ENTRIES) throw new TurnLimitError(to.encoded, handler.name, `${MAX_ENTRIES} entries`);
    if (this.bytes > MAX_BYTES) throw new TurnLimitError(to.encoded, handler.name, `${MAX_BYTES} bytes`);
  }

  takePending(): PendingEntry[] {
    const { pending } = this;
    this.pending = [];
    return pending;
  }

  /** What was taken for an append that was refused. */
  putBack(entries: readonly PendingEntry[]): void {
    this.pending.unshift(...entries);
  }

  private push(entry: PendingEntry): void {
    this.pending.push(entry);
    this.history.push(entry);
  }
}
