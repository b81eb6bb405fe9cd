import { join } from 'node:path';
import { FAILPOINTS } from '#spi';
import { FsCheckpointStorage, FsPersistentStorage } from '#storage/fs';
import { temporaryFolder } from './backends';
import { killChildren, start } from './child';

const folder = temporaryFolder();
const points = FAILPOINTS.filter((name) => name.startsWith('fs.'));
// Checkpoints and snapshots take turns: an odd hit is in the former, an even one in the latter.
const kills = points.flatMap((point) => [1, 2, 7, 8].map((hit) => [point, hit] as const));

afterAll(async () => {
  killChildren();
  await folder.remove();
});

describe('SIGKILL of a process that saves checkpoints and snapshots', () => {
  it.each(kills)('at %s, time %i, leaves what was acknowledged, whole (C1, S2)', async (point, hit) => {
    const directory = join(await folder.path(), `${point}.${hit}`);
    const child = start('save-until-killed', directory, `${point}=kill@${hit}`);
    const acknowledged = { checkpoint: 0, snapshot: 0 };
    for (let line = await child.line(); line !== undefined; line = await child.line()) {
      const [kind, seq] = line.split(' ') as ['checkpoint' | 'snapshot', string];
      acknowledged[kind] = Number(seq);
    }
    expect(await child.ended).toEqual([null, 'SIGKILL']);
    expect(acknowledged.checkpoint + acknowledged.snapshot).toBe(hit - 1);

    const checkpoints = new FsCheckpointStorage(join(directory, 'checkpoints'));
    const latest = await checkpoints.latest('a');
    const snapshot = await new FsPersistentStorage({ directory: join(directory, 'snapshots') }).tryRead('a');
    const seen = { checkpoint: latest?.seq ?? 0, snapshot: snapshot?.[0] ?? 0 };
    for (const kind of ['checkpoint', 'snapshot'] as const) {
      expect([acknowledged[kind], acknowledged[kind] + 1]).toContain(seen[kind]);
    }
    for (const bytes of [latest?.bytes, snapshot]) {
      if (bytes == null) continue;
      expect(bytes).toHaveLength(50_000);
      expect(bytes.every((byte) => byte === bytes[0])).toBe(true);
    }
    // What the crash left behind is in nobody's way.
    await checkpoints.save({ actor: 'a', seq: 99, time: 0, bytes: new Uint8Array(1) }, 2);
    expect((await checkpoints.latest('a'))?.seq).toBe(99);
  });
});
