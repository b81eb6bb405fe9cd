import { CorruptRecordError, type Outcome, type Write, failpoint } from '#spi';
import { whyRefused } from '../write-rules';
import { type Batch, FlushPlan, type Wave } from './flush-plan';
import { unpackHead } from './head-codec';
import type { Keys } from './keys';
import type { CallResult } from './link';
import { type Nodes, type Routed, asFailure } from './nodes';
import type { Left, OutboxRelay } from './outbox-relay';
import { corruptRow, unpackRow } from './row-codec';
import { FLUSH, Reply } from './scripts/flush.script';

/** A reply of the flush script to one write. */
type ScriptReply = number | readonly [kind: number, ...facts: (Buffer | number)[]];

/** Writes flushes: plans them, runs the scripts, and moves what they send to other slots. */
export class RedisWriter {
  constructor(
    private readonly nodes: Nodes,
    private readonly keys: Keys,
    private readonly relay: OutboxRelay,
  ) {}

  async flush(writes: readonly Write[]): Promise<readonly Outcome[]> {
    const plan = new FlushPlan(this.keys, this.nodes.isCluster, writes.length);
    const outcomes = writes.map((write, i): Outcome | undefined => {
      const reason = whyRefused(write, false);
      if (reason !== null) return { kind: 'failed', reason };
      plan.add(write, i);
      return undefined;
    });
    // Packed before the first await: the caller may reuse its buffers (J9).
    const waves = plan.waves.map((wave) => ({
      wave,
      calls: [...wave.batches.values()].map((batch) => this.callOf(batch)),
    }));
    await this.relay.markUsed([...plan.touched]);
    for (const { wave, calls } of waves) {
      const replies = await this.run(wave, calls);
      for (const [index, reply] of replies) outcomes[index] = this.outcome(writes[index] as Write, reply);
      await this.deliver(wave, replies);
    }
    return outcomes as Outcome[];
  }

  private outcome(write: Write, reply: ScriptReply): Outcome {
    const outcome = outcomeOf(write, reply);
    if (outcome.kind === 'committed' && write.kind === 'append') {
      if (write.status === 'terminated') this.nodes.witness.forget(write.actor);
      else this.nodes.witness.note(write.actor, outcome.head);
    }
    return outcome;
  }

  private callOf({ partition, packet, actors }: Batch): Routed {
    const keys = this.nodes.isCluster ? this.keys.ofPartition(partition, actors) : [];
    return { tag: partition, script: FLUSH, keys, args: [packet.bytes] };
  }

  private async run(wave: Wave, calls: readonly Routed[]): Promise<Map<number, ScriptReply>> {
    const results = await this.nodes.callAll(calls);
    const replies = new Map<number, ScriptReply>();
    [...wave.batches.values()].forEach(({ indexes }, b) => {
      const result = results[b] as CallResult;
      if ('error' in result) throw asFailure(result.error);
      indexes.forEach((index, i) => replies.set(index, (result.value as readonly ScriptReply[])[i] as ScriptReply));
    });
    return replies;
  }

  /** Moves what this wave has sent to other slots; an outbox in which something was left is emptied from its beginning (O2). */
  private async deliver({ posts }: Wave, replies: ReadonlyMap<number, ScriptReply>): Promise<void> {
    const fresh: Left[] = [];
    const seen = new Set<number>();
    const late = new Set<number>();
    for (const [index, { from, rows }] of posts) {
      const reply = replies.get(index);
      if (typeof reply !== 'object' || reply[0] !== Reply.Sent) continue; // refused: it has sent nothing
      if (!seen.has(from) && reply[1] === 0) late.add(from);
      seen.add(from);
      rows.forEach((row, i) => fresh.push({ from, position: String(reply[i + 2]), row }));
    }
    if (fresh.length === 0) return;
    failpoint('outbox.afterAppend');
    for (const from of late) await this.relay.empty(from);
    const { error } = await this.relay.move(fresh.filter(({ from }) => !late.has(from)));
    if (error !== undefined) throw error;
  }
}

function outcomeOf(write: Write, reply: ScriptReply): Outcome {
  const actor = write.kind === 'accept' ? write.row.actor : write.actor;
  try {
    return understood(write, actor, reply);
  } catch (error) {
    if (!(error instanceof CorruptRecordError)) throw error;
    return { kind: 'failed', reason: error.message, error };
  }
}

function understood(write: Write, actor: string, reply: ScriptReply): Outcome {
  const [kind, fact, value] = typeof reply === 'number' ? [reply] : reply;
  const id = String(fact);
  switch (kind) {
    case Reply.Duplicate:
      return { kind: 'duplicate', row: unpackRow(actor, id, value as Buffer) };
    case Reply.Conflict: {
      const { seq, epoch } = unpackHead(actor, fact as Buffer);
      return { kind: 'conflict', actual: { seq, epoch } };
    }
    case Reply.Unknown:
      return { kind: 'failed', reason: `${actor} has no message ${id} to change` };
    case Reply.Twice:
      return { kind: 'failed', reason: `one write ends message ${id} of ${actor} twice` };
    case Reply.Corrupt:
      throw corruptRow(actor, id, 'its checksum is wrong');
    default:
      if (write.kind === 'accept') return { kind: 'accepted' };
      return { kind: 'committed', head: { seq: write.expected.seq + write.entries.length, epoch: write.epoch } };
  }
}
