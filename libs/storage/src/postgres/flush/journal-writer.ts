import type { Client } from 'pg';
import { CorruptRecordError, failpoint, type Outcome, StoreBusyError, StoreFailedError } from '#spi';
import { isAboutOneWrite, isLockTimeout, isRefusal, isTransient, messageOf } from '../driver';
import type { PostgresDatabase } from '../postgres-database';
import { ExactFlush } from './exact-flush';
import { FastFlush, type KnownMessages } from './fast-flush';
import { type FastPlan, planFast } from './fast-plan';
import { InboxChanges } from './inbox-changes';
import type { PackedAccept, PackedWrite, PackedWrites } from './packed-writes';

/** How often the one statement is run again that stood in another transaction's way, before each write is looked at. */
const ATTEMPTS = 3;

/** Commits flushes over the writer's connection, in one statement where that can be, exactly where it cannot. */
export class JournalWriter {
  private readonly fast: FastFlush;
  private readonly exact: ExactFlush;
  private readonly inbox: InboxChanges;

  constructor(private readonly database: PostgresDatabase) {
    const { tables, ids, options } = database;
    this.fast = new FastFlush(tables, ids);
    this.exact = new ExactFlush(tables, ids, options.lockTimeoutMs);
    this.inbox = new InboxChanges(tables);
  }

  /** One group commit, one outcome per write. After a throw nothing is known: read the head rows back (P10). */
  async flush(packed: PackedWrites): Promise<readonly Outcome[]> {
    const outcomes = await this.commit(packed);
    this.database.witness?.note(packed.writes, outcomes);
    return outcomes;
  }

  private commit(packed: PackedWrites): Promise<readonly Outcome[]> {
    return this.database.write(async (client) => {
      failpoint('commit.beforeBegin');
      try {
        const plan = planFast(packed);
        const known = plan === null ? null : await this.tryFast(client, packed, plan);
        if (known !== null) return await this.outcomes(client, packed, known);
        return await this.exact.run(client, packed);
      } catch (error) {
        throw isRefusal(error) ? new StoreFailedError('postgres', messageOf(error), { cause: error }) : error;
      }
    });
  }

  /** @returns `null` when nothing is stored and each write has to be looked at. */
  private async tryFast(client: Client, packed: PackedWrites, plan: FastPlan): Promise<KnownMessages | null> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.fast.run(client, packed, plan);
      } catch (error) {
        if (isLockTimeout(error))
          throw new StoreBusyError('postgres', this.database.options.lockTimeoutMs, { cause: error });
        if (isAboutOneWrite(error)) return null;
        if (!isTransient(error)) throw error;
        if (attempt >= ATTEMPTS) return null;
      }
    }
  }

  private async outcomes(client: Client, packed: PackedWrites, known: KnownMessages): Promise<readonly Outcome[]> {
    if (known.size === 0) return packed.writes.map(outcomeOf);
    const outcomes: Outcome[] = [];
    for (const write of packed.writes) {
      const isKnown = write.kind === 'accept' && known.has(`${write.row.actor}\n${write.row.id}`);
      outcomes.push(isKnown ? await this.repeated(client, packed, write) : outcomeOf(write));
    }
    return outcomes;
  }

  /** A message that was known already. */
  private async repeated(client: Client, packed: PackedWrites, write: PackedAccept): Promise<Outcome> {
    const { actor, id } = write.row;
    try {
      const row = await this.inbox.find(client, await this.database.ids.obtain(client, actor), id);
      if (row !== null) return { kind: 'duplicate', row: { actor, ...row } };
    } catch (error) {
      if (!(error instanceof CorruptRecordError)) throw error;
      return { kind: 'failed', reason: error.message, error }; // its row cannot be read; the others are stored
    }
    return this.exact.alone(client, packed, write); // its window has closed in between
  }
}

const ACCEPTED: Outcome = { kind: 'accepted' };

/** Of a write that is stored. */
function outcomeOf(write: PackedWrite): Outcome {
  if (write.kind === 'accept') return ACCEPTED;
  const { expected, count, epoch } = write;
  return { kind: 'committed', head: { seq: expected.seq + count, epoch } };
}
