import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Type } from '@nestjs/common';
import {
  Actor,
  type ActorContext,
  Ctx,
  type DurabilityOptions,
  FsCheckpointStorage,
  Handle,
  SideEffect,
  State,
  UseFacets,
  durability,
  virtualActor,
} from 'plexspaces';
import { type CheckpointRecord } from 'plexspaces/spi';
import { Gate, failureOf, settle, until } from './gate';
import { steadyClock } from './steady-clock';
import { type Node, World } from './world';

interface Tally {
  add(by: number): number;
  current(): number;
  fill(bytes: number): void;
  mark(ctx: ActorContext): void;
}

/** The same actor under other options. */
function tally(options?: DurabilityOptions): Type<Tally> {
  @Actor({ type: 'tally' })
  @UseFacets(options === undefined ? durability() : durability(options), virtualActor())
  class DurableTally implements Tally {
    @State() value = 0;
    @State() text = '';

    @Handle() add(by: number): number {
      this.value += by;
      return this.value;
    }
    @Handle() fill(bytes: number): void {
      this.text = 'abcdefgh'.repeat(bytes / 8);
    }
    @Handle() mark(@Ctx() ctx: ActorContext): void {
      ctx.checkpoint();
    }
    @Handle({ readOnly: true }) current(): number {
      return this.value;
    }
  }
  return DurableTally;
}

class CountingFiles extends FsCheckpointStorage {
  saved = 0;
  override async save(record: CheckpointRecord, keep: number): Promise<void> {
    await super.save(record, keep);
    this.saved++;
  }
}

const ACTOR = 'default/default/tally/a';
const ZSTD_MAGIC = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);

describe('checkpoints', () => {
  let world: World;
  beforeEach(() => (world = new World()));
  afterEach(() => world.end());

  async function send(node: Node, cls: Type<Tally>, count: number): Promise<void> {
    for (let i = 0; i < count; i++) {
      await node.ref(cls).ask.add(1);
      await settle(2);
    }
  }

  const kept = async (): Promise<readonly number[]> => world.storage.checkpoints.list(ACTOR);
  const newest = async (): Promise<CheckpointRecord> => (await world.storage.checkpoints.latest(ACTOR))!;

  it('[FI-DU03] [FI-DU08] by default 999 completed messages leave no checkpoint, the 1000th makes one', async () => {
    const cls = tally();
    const node = await world.start([cls]);
    const ref = node.ref(cls);
    await Promise.all(Array.from({ length: 999 }, () => ref.ask.add(1)));
    await settle();
    expect(node.probe.saves).toHaveLength(0);
    await ref.ask.add(1);
    await until(() => node.probe.saves.length === 1);
    expect(node.probe.saves[0]!.seq).toBe(1 + 1000 * 3);
  });

  it('[FI-DU03] [JR10] [JR15] [FI-DU10] with an interval of 10, 100 messages make 10, counted in messages and not in entries', async () => {
    const cls = tally({ checkpointInterval: 10 });
    const node = await world.start([cls]);
    await send(node, cls, 100);
    expect(node.probe.saves.map(({ seq }) => seq)).toEqual(Array.from({ length: 10 }, (_, i) => 1 + (i + 1) * 30));
  });

  it('[FI-DU03] messages completed before a restart count towards the next checkpoint; error answers are completed too', async () => {
    const cls = tally({ checkpointEvery: 4 });
    const first = await world.start([cls]);
    await send(first, cls, 3);
    await first.close();
    const second = await world.start([cls]);
    await send(second, cls, 1);
    await until(async () => (await kept()).length === 1);
  });

  it('[FI-DU08] with no options the documented defaults are in effect', async () => {
    @Actor({ type: 'looking' })
    @UseFacets(durability({}), virtualActor())
    class Looking {
      @Handle() config(@Ctx() ctx: ActorContext): unknown {
        return ctx.facet('durability');
      }
    }
    const node = await world.start([Looking]);
    expect(await node.ref(Looking).ask.config()).toMatchObject({
      checkpointEvery: 1000,
      replayOnActivation: true,
      cacheSideEffects: true,
      keepCheckpoints: 2,
      compression: 'zstd',
    });
    const [facet] = (await node.ref(Looking).facets.list()).filter(({ name }) => name === 'durability');
    expect(facet).toMatchObject({ priority: 50 });
  });

  it('[FI-DU15] durability sits at priority 50, within the band of persistence, and innermost', async () => {
    const cls = tally();
    const node = await world.start([cls]);
    const list = await node.ref(cls).facets.list();
    expect(list.at(-1)).toMatchObject({ name: 'durability', priority: 50 });
    expect(Math.min(...list.map(({ priority }) => priority))).toBe(50);
  });

  it('[FI-DU17] a snapshot interval makes a checkpoint when time has passed and something was processed, else none', async () => {
    const env = steadyClock();
    const cls = tally({ snapshotInterval: '1m' });
    const node = await world.start([cls], { env });
    await node.ref(cls).ask.add(1);
    await env.advance(59_000);
    expect(node.probe.saves).toHaveLength(0);
    await env.advance(1_000);
    await until(() => node.probe.saves.length === 1);
    await env.advance(240_000);
    expect(node.probe.saves).toHaveLength(1);
    await node.ref(cls).ask.add(1);
    await env.advance(60_000);
    await until(() => node.probe.saves.length === 2);
  });

  it('[FI-DU05] a store that hangs on a checkpoint is given up at the limit, with a warning; the actor answers and tries again', async () => {
    const env = steadyClock();
    const cls = tally({ checkpointEvery: 2, checkpointTimeout: '5s' });
    const node = await world.start([cls], { env });
    const hanging = new Gate();
    node.probe.onSave = () => hanging.pass();
    await node.ref(cls).ask.add(1);
    await node.ref(cls).ask.add(1);
    await until(() => hanging.arrivals === 1);
    expect(await node.ref(cls).ask.add(1)).toBe(3);
    expect(await node.ref(cls).ask.add(1)).toBe(4);
    await env.advance(4_000);
    expect(node.log.warnings).toEqual([]);
    await env.advance(1_000);
    expect(node.log.warnings).toEqual([expect.stringMatching(/Checkpoint .* was not saved.*5000 ms/)]);
    node.probe.onSave = (record, keep, save) => save(record, keep);
    await node.ref(cls).ask.add(1);
    await node.ref(cls).ask.add(1);
    await until(async () => (await kept()).length === 1);
    expect(await node.ref(cls).ask.current()).toBe(6);
  });

  it('a checkpoint that fails is a warning and nothing more', async () => {
    const cls = tally({ checkpointEvery: 1 });
    const node = await world.start([cls]);
    node.probe.onSave = () => Promise.reject(new Error('disk full'));
    expect(await node.ref(cls).ask.add(1)).toBe(1);
    await until(() => node.log.warnings.length === 1);
    expect(node.log.warnings[0]).toContain('disk full');
    expect(await node.ref(cls).ask.add(1)).toBe(2);
  });

  it('ctx.checkpoint() takes one after its turn', async () => {
    const cls = tally();
    const node = await world.start([cls]);
    await node.ref(cls).ask.add(1);
    await node.ref(cls).ask.mark();
    await until(async () => (await kept()).length === 1);
  });

  it('the two newest are kept', async () => {
    const cls = tally({ checkpointEvery: 5 });
    const node = await world.start([cls]);
    await send(node, cls, 25);
    await until(() => node.probe.saves.length === 5);
    expect(await kept()).toEqual([1 + 75, 1 + 60]);
  });

  it('[FI-DU06] [JR16] zstd is smaller and has its magic, none has not; both recover, and the setting may change between runs', async () => {
    const run = async (compression: 'none' | 'zstd'): Promise<Buffer> => {
      const cls = tally({ checkpointEvery: 1, compression });
      const node = await world.start([cls]);
      await node.ref(cls).ask.fill(8_000);
      await node.ref(cls).ask.add(1);
      await until(
        () =>
          node.probe.saves.length >= 1 && node.probe.saves.at(-1)!.bytes.includes(compression === 'none' ? 0x61 : 0x28),
      );
      await node.close();
      return Buffer.from((await newest()).bytes);
    };
    const plain = await run('none');
    const packed = await run('zstd');
    const again = await run('none');
    expect(packed.includes(ZSTD_MAGIC)).toBe(true);
    expect(plain.includes(ZSTD_MAGIC)).toBe(false);
    expect(packed.length).toBeLessThan(plain.length / 10);
    expect(again.length).toBeGreaterThan(8_000);
    const cls = tally();
    const node = await world.start([cls]);
    expect(await node.ref(cls).ask.current()).toBe(3);
  });

  it('[JR17] [JR18] [FI-DU10] recovery begins at the newest checkpoint and reads only what follows it', async () => {
    const cls = tally({ checkpointEvery: 10 });
    const first = await world.start([cls]);
    await send(first, cls, 25);
    await until(() => first.probe.saves.length === 2);
    await first.close();

    const second = await world.start([cls]);
    expect(await second.ref(cls).ask.current()).toBe(25);
    expect(second.probe.reads).toEqual([{ actor: ACTOR, afterSeq: 1 + 60, entries: 15 }]);
  });

  it('[JR17] entries before the checkpoint may be gone or damaged', async () => {
    const cls = tally({ checkpointEvery: 10 });
    const first = await world.start([cls]);
    await send(first, cls, 15);
    await until(() => first.probe.saves.length === 1);
    await first.close();
    const held = world.storage.tables.actors.get(ACTOR)!;
    for (const entry of held.entries.slice(0, 31)) entry.bytes.fill(0);

    const second = await world.start([cls]);
    expect(await second.ref(cls).ask.current()).toBe(15);
    await second.close();
    await world.storage.journal.truncate(ACTOR, 31);
    const third = await world.start([cls]);
    expect(await third.ref(cls).ask.current()).toBe(15);
    expect(await third.ref(cls).ask.add(1)).toBe(16);
  });

  it('a corrupt newest checkpoint is passed over with a warning: the one before and more of the journal do', async () => {
    const cls = tally({ checkpointEvery: 10 });
    const first = await world.start([cls]);
    await send(first, cls, 25);
    await until(() => first.probe.saves.length === 2);
    await first.close();
    const records = world.storage.tables.checkpoints.get(ACTOR)!;
    records[1] = { ...records[1]!, bytes: records[1]!.bytes.map((byte, i) => (i === 20 ? byte ^ 0xff : byte)) };

    const second = await world.start([cls]);
    expect(await second.ref(cls).ask.current()).toBe(25);
    expect(second.probe.reads.at(-1)).toMatchObject({ afterSeq: 31 });
    expect(second.log.warnings).toEqual([expect.stringContaining('An older checkpoint is used')]);
  });

  it('a checkpoint ahead of its journal is refused by name, and nothing is written', async () => {
    const cls = tally({ checkpointEvery: 2 });
    const first = await world.start([cls]);
    await send(first, cls, 2);
    await until(() => first.probe.saves.length === 1);
    await first.close();
    const held = world.storage.tables.actors.get(ACTOR)!;
    held.entries.pop();
    held.head = { ...held.head, seq: held.head.seq - 1 };

    const second = await world.start([cls]);
    expect(await failureOf(second.ref(cls).ask.add(1))).toMatchObject({ code: 'PS_CHECKPOINT_AHEAD' });
    expect(second.probe.appends).toEqual([]);
    expect(held.head.seq).toBe(6);
  });

  it('[JR26] a save that never arrived, and one the node did not hear of, both recover', async () => {
    const cls = tally({ checkpointEvery: 2 });
    for (const arrives of [false, true]) {
      const node = await world.start([cls]);
      const gate = new Gate();
      node.probe.onSave = async (record, keep, save) => {
        if (arrives) await save(record, keep);
        await gate.pass();
      };
      await send(node, cls, 2);
      await gate.reached();
      node.crash();
    }
    expect(await kept()).toHaveLength(1);
    const cls2 = tally();
    const node = await world.start([cls2]);
    expect(await node.ref(cls2).ask.current()).toBe(4);
  });

  it('checkpoints may lie in files beside the journal', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'plexspaces-checkpoints-'));
    try {
      const cls = tally({ checkpointEvery: 5 });
      const files = new CountingFiles(folder);
      const first = await world.start([cls], { checkpoints: files });
      for (const count of [1, 2]) {
        await send(first, cls, 5);
        await until(() => files.saved === count);
        await settle();
      }
      expect(await first.ref(cls).history.checkpoints()).toHaveLength(2);
      await first.close();
      expect(await kept()).toEqual([]);
      expect(
        readdirSync(folder, { recursive: true }).filter((name) => String(name).endsWith('.checkpoint')),
      ).toHaveLength(2);

      const second = await world.start([cls], { checkpoints: new FsCheckpointStorage(folder) });
      expect(await second.ref(cls).ask.current()).toBe(10);
      expect(second.probe.reads.reduce((sum, { entries }) => sum + entries, 0)).toBe(0);
    } finally {
      await world.end();
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('[PF01] recovery from a checkpoint reads at most a tenth of what full replay of the same history reads', async () => {
    const cls = tally({ checkpointEvery: 450 });
    const first = await world.start([cls]);
    const ref = first.ref(cls);
    for (let i = 0; i < 10; i++) await Promise.all(Array.from({ length: 50 }, () => ref.ask.add(1)));
    await until(() => first.probe.saves.length === 1);
    await first.close();

    const read = async (): Promise<number> => {
      const node = await world.start([cls]);
      expect(await node.ref(cls).ask.current()).toBe(500);
      await node.close();
      return node.probe.reads.reduce((sum, { entries }) => sum + entries, 0);
    };
    const fromCheckpoint = await read();
    world.storage.tables.checkpoints.clear();
    const full = await read();
    expect(full).toBe(1 + 500 * 3);
    expect(fromCheckpoint).toBeLessThanOrEqual(full / 10);
  });

  it('a checkpoint taken while a turn is open stands at the boundary before it, and the open turn resumes', async () => {
    const gate = new Gate();
    let calls = 0;
    @Actor({ type: 'opening' })
    @UseFacets(durability({ snapshotInterval: 1000 }), virtualActor())
    class Opening {
      @State() value = 0;
      @Handle() add(): number {
        return ++this.value;
      }
      @Handle() async slow(): Promise<number> {
        this.value += await this.effect();
        return this.value;
      }
      @SideEffect() protected async effect(): Promise<number> {
        calls++;
        await gate.pass();
        return 10;
      }
    }
    const env = steadyClock();
    const first = await world.start([Opening], { env });
    await first.ref(Opening).ask.add();
    const slow = first.ref(Opening).with({ idempotencyKey: 's' }).ask.slow();
    slow.catch(() => undefined);
    await gate.reached();
    await env.advance(1_000);
    await until(() => first.probe.saves.length === 1);
    expect(first.probe.saves[0]!.seq).toBe(4);
    first.crash();
    gate.open();
    const second = await world.start([Opening], { env });
    expect(await second.ref(Opening).with({ idempotencyKey: 's' }).ask.slow()).toBe(11);
    expect(calls).toBe(2);
  });
});
