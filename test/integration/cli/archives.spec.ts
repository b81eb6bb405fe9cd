import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { MemoryStorage } from 'plexspaces';
import { exportActors } from '#journal';
import { exportToFile, importFromFile } from '../../../libs/cli/src/archive-file';
import { closeApps, startApp } from '../../support/app';
import { dump, everything } from './dump-actors';
import { CliWorld, Tally, Till } from './cli-world';

const TALLY = 'default/default/tally/a';
const POISONED = 'default/default/tally/poisoned';

describe('archives', () => {
  let world: CliWorld;
  beforeEach(() => (world = new CliWorld()));
  afterEach(() => world.end());

  const archive = (): string => world.path('actors.archive');
  const plexspaces = (...args: string[]) => world.plexspaces([...args, '--storage', world.url]);

  /** A hundred turns, a parked message, an answer under a key, a till that was stopped, and a message that waits. */
  async function fill(): Promise<void> {
    await world.withApp(world.file, async (app) => {
      const tally = app.client(Tally).ref('a');
      for (let i = 0; i < 100; i++) await tally.ask.add(1);
      await tally.with({ idempotencyKey: 'once' }).ask.add(1);
      await app
        .client(Tally)
        .ref('poisoned')
        .ask.poison()
        .catch(() => undefined);
      await app.client(Tally).ref('poisoned').tell.poison();
      await tally.with({ delay: '20d' }).tell.add(1_000);
      const till = app.client(Till).ref('a');
      await till.orCreate();
      await till.ask.put(3);
      await till.stop();
    });
  }

  it('carries a whole store to another one, of another kind, and back', async () => {
    await fill();
    const before = await world.withStorage(world.file, everything);
    expect(Object.keys(before)).toEqual([TALLY, POISONED, 'default/default/till/a']);
    expect((await plexspaces('export', archive())).out).toContain('has 3 actors');
    const memory = new MemoryStorage();
    for (const imported of [
      { actors: 3, unchanged: 0 },
      { actors: 0, unchanged: 3 },
    ]) {
      expect(await importFromFile(memory, archive(), () => undefined)).toEqual({ ...imported, ranges: 0 });
      expect(await everything(memory)).toEqual(before);
    }
    await exportToFile(memory, world.path('again'), 5, { prefix: '' });
    const ran = await world.plexspaces([
      'import',
      world.path('again'),
      '--storage',
      `sqlite:${world.path('new/other.db')}`,
    ]);
    expect([ran.code, ran.err]).toEqual([0, '']);
    expect(await world.withStorage(world.path('new/other.db'), everything)).toEqual(before);
  });

  it('lets the actors go on where they were, with what was answered and what waits (P5, P8)', async () => {
    await fill();
    await plexspaces('export', archive());
    const memory = new MemoryStorage();
    await importFromFile(memory, archive(), () => undefined);
    const app = await startApp({ actors: [Tally, Till], storage: memory });
    const tally = app.client(Tally).ref('a');
    expect(await tally.with({ idempotencyKey: 'once' }).ask.add(1)).toBe(101);
    expect(await tally.ask.add(1)).toBe(102);
    expect((await memory.inbox.pending(TALLY)).length).toBe(1);
    await expect(app.client(Till).ref('a').ask.put(1)).rejects.toMatchObject({ code: 'PS_ACTOR_TERMINATED' });
    await closeApps();
  });

  it('exports one actor, or those of a prefix', async () => {
    await fill();
    const exported = async (name: string, ...which: string[]): Promise<string> =>
      (await plexspaces('export', world.path(name), ...which)).out;
    expect(await exported('one', '--actor', TALLY)).toContain('has 1 actor of');
    expect(await exported('two', '--prefix', 'default/default/tally/')).toContain('has 2 actors');
    expect(await exported('none', '--prefix', 'nobody')).toContain('has 0 actors');
    expect(readdirSync(world.folder).filter((name) => name.includes('.tmp'))).toEqual([]);
  });

  it('replaces no file, least of all an archive whose entries it took out of the store, or the store itself', async () => {
    await fill();
    const old = ['export', archive(), '--before-checkpoint', '--truncate'];
    expect((await plexspaces(...old)).code).toBe(0);
    const kept = readFileSync(archive(), 'utf8');
    const again = await plexspaces(...old);
    expect([again.code, again.err]).toEqual([1, expect.stringContaining('there is a file of that name')]);
    expect(readFileSync(archive(), 'utf8')).toBe(kept);
    expect((await plexspaces('export', world.file)).code).toBe(1);
    expect(await world.withStorage(world.file, ({ journal }) => journal.head(TALLY))).toMatchObject({ status: 'live' });
    expect((await plexspaces('import', archive())).out).toContain('1 got entries back');
  });

  it('has no archive of an actor that dropped its checkpoints while it was read', async () => {
    await fill();
    await plexspaces('export', world.path('old'), '--before-checkpoint', '--truncate');
    await world.withStorage(world.file, async (storage) => {
      const lines = exportActors(storage, 5, { prefix: TALLY });
      for (let next = await lines.next(); !String(next.value).startsWith('{"entries"');) next = await lines.next();
      const app = await startApp({ actors: [Tally, Till], storage });
      for (let i = 0; i < 60; i++) await app.client(Tally).ref('a').ask.add(1);
      await closeApps();
      const rest = async (): Promise<void> => {
        for (let next = await lines.next(); next.done !== true;) next = await lines.next();
      };
      await expect(rest()).rejects.toMatchObject({ code: 'PS_EXPORT_OVERTAKEN' });
    });
  });

  it('goes on where an import was cut short', async () => {
    await fill();
    const before = await world.withStorage(world.file, everything);
    await plexspaces('export', archive());
    const memory = new MemoryStorage();
    const { journal } = memory;
    const [flush, restore] = [journal.flush.bind(journal), journal.restore.bind(journal)];
    let tries = 0;
    for (let allowed = 0; ; allowed++) {
      let left = allowed; // writes until the process dies
      const dying = async <T>(write: () => Promise<T>): Promise<T> => {
        if (left-- <= 0) throw new Error('died');
        return write();
      };
      journal.flush = (writes) => dying(() => flush(writes));
      journal.restore = (actor, entries, head) => dying(() => restore(actor, entries, head));
      tries++;
      const error = await importFromFile(memory, archive(), () => undefined).catch((reason: Error) => reason);
      if (!(error instanceof Error)) break;
      expect(error.message).toBe('died');
    }
    expect(tries).toBeGreaterThan(3);
    Object.assign(journal, { flush, restore });
    expect(await everything(memory)).toEqual(before);
  });

  it('refuses an actor that has moved on, and imports nothing then', async () => {
    await fill();
    await plexspaces('export', archive());
    await world.withApp(world.file, (app) => app.client(Tally).ref('a').ask.add(1));
    const before = await world.withStorage(world.file, everything);
    const { code, err } = await plexspaces('import', archive());
    expect([code, err]).toEqual([1, expect.stringMatching(/tally\/a cannot be imported: in this store it has newer/)]);
    expect(await world.withStorage(world.file, everything)).toEqual(before);
  });

  it('refuses an actor of that name with another history', async () => {
    await fill();
    await plexspaces('export', archive());
    const other = world.path('other.db');
    await world.withApp(other, (app) => app.client(Tally).ref('a').ask.add(1));
    const { code, err } = await world.plexspaces(['import', archive(), '--storage', `sqlite:${other}`]);
    expect([code, err]).toEqual([1, expect.stringContaining('has another history')]);
  });

  describe('of old entries', () => {
    const firstKept = (): Promise<number | undefined> =>
      world.withStorage(world.file, async ({ journal }) => {
        for await (const [entry] of journal.read(TALLY, 0)) return entry?.seq;
        return undefined;
      });

    it('takes them out once they are in the file, and puts them back', async () => {
      await fill();
      const before = await world.withStorage(world.file, (storage) => dump(storage, TALLY));
      const out = await plexspaces('export', archive(), '--before-checkpoint', '--truncate');
      expect([out.code, out.err]).toEqual([0, '']);
      expect(await firstKept()).toBeGreaterThan(200);
      const app = await world.plexspaces([
        'export',
        world.path('empty'),
        '--before-checkpoint',
        '--storage',
        world.url,
      ]);
      expect(app.out).toContain('has 0 actors'); // all of it is archived
      expect((await plexspaces('import', archive())).out).toContain('1 got entries back');
      expect(await world.withStorage(world.file, (storage) => dump(storage, TALLY))).toEqual(before);
      expect((await plexspaces('import', archive())).out).toContain('0 got entries back');
    });

    it('takes nothing out where the file could not be written', async () => {
      await fill();
      const { code } = await plexspaces('export', world.path('missing/file'), '--before-checkpoint', '--truncate');
      expect(code).toBe(1);
      expect(await firstKept()).toBe(1);
    });

    it('puts archives back in the order in which they join, below an actor that went on', async () => {
      await fill();
      await plexspaces('export', world.path('one'), '--before-checkpoint', '--truncate');
      await world.withApp(world.file, async (app) => {
        for (let i = 0; i < 30; i++) await app.client(Tally).ref('a').ask.add(1);
      });
      await plexspaces('export', world.path('two'), '--before-checkpoint', '--truncate');
      const early = await plexspaces('import', world.path('one'));
      expect([early.code, early.err]).toEqual([1, expect.stringContaining('import what lies between first')]);
      expect((await plexspaces('import', world.path('two'))).code).toBe(0);
      expect((await plexspaces('import', world.path('one'))).code).toBe(0);
      expect(await firstKept()).toBe(1);
      await world.withApp(world.file, async (app) => {
        expect(await app.client(Tally).ref('a').ask.add(1)).toBe(132);
        expect((await app.client(Tally).ref('a').history.verify()).ok).toBe(true);
      });
    });

    it('refuses a store that has not come as far, or has other entries', async () => {
      await fill();
      await plexspaces('export', archive(), '--before-checkpoint');
      const other = world.path('other.db');
      const importInto = () => world.plexspaces(['import', archive(), '--storage', `sqlite:${other}`]);
      const none = await importInto();
      expect([none.code, none.err]).toEqual([1, expect.stringMatching(/has 0 entries where \d+ are needed/)]);
      await world.withApp(other, async (app) => {
        for (let i = 0; i < 120; i++) await app.client(Tally).ref('a').ask.add(2);
      });
      const foreign = await importInto();
      expect([foreign.code, foreign.err]).toEqual([1, expect.stringContaining('has another entry')]);
    });
  });

  describe('that are damaged', () => {
    it('are refused by file and line, whichever byte it is, and nothing is imported', async () => {
      await fill();
      await plexspaces('export', archive());
      const whole = readFileSync(archive());
      for (let at = 3; at < whole.length; at += Math.ceil(whole.length / 97)) {
        const flipped = Buffer.from(whole);
        flipped[at]! ^= 1;
        writeFileSync(world.path('bad'), flipped);
        const memory = new MemoryStorage();
        const error = await importFromFile(memory, world.path('bad'), () => undefined).catch(
          (reason: unknown) => reason,
        );
        expect(error).toMatchObject({ file: world.path('bad'), line: expect.any(Number) });
        expect(await memory.journal.actors('', '', 10)).toEqual([]);
      }
    });

    it.each<[string, (lines: string[]) => string[], RegExp]>([
      ['cut short', (lines) => lines.slice(0, -1), /^Line \d+ of .*bad is damaged: the file ends too early/],
      ['cut within a line', (lines) => [...lines.slice(0, 3), lines[3]!.slice(0, 40)], /^Line 4 .* checksum/],
      ['without a line', (lines) => lines.filter((_, i) => i !== 4), /^Line 5 .* checksum/],
      ['in another order', (lines) => [lines[0]!, lines[2]!, lines[1]!, ...lines.slice(3)], /^Line 2 .* checksum/],
      ['twice as long', (lines) => [...lines, ...lines], /something follows its last line/],
      ['empty', () => [], /^Line 1 .* ends too early/],
      ['no archive', () => ['hello', 'world'], /^Line 1 .* does not begin as an archive does/],
      ['newer', (lines) => [lines[0]!.replace('"version":1', '"version":2')], /has schema version 2/],
    ])('are refused when they are %s', async (_, change, said) => {
      await fill();
      await plexspaces('export', archive());
      const lines = readFileSync(archive(), 'utf8').split('\n').slice(0, -1);
      writeFileSync(
        world.path('bad'),
        change(lines)
          .map((line) => `${line}\n`)
          .join(''),
      );
      const { code, err } = await world.plexspaces(['import', world.path('bad'), '--storage', 'memory:']);
      expect([code, err]).toEqual([1, expect.stringMatching(said)]);
    });

    it('are not made of damaged journals', async () => {
      await fill();
      await plexspaces('export', archive());
      const memory = new MemoryStorage();
      await importFromFile(memory, archive(), () => undefined);
      memory.tables.actors.get(TALLY)!.entries[50]!.bytes[20]! ^= 1;
      await expect(exportToFile(memory, world.path('bad'), 5, { prefix: '' })).rejects.toMatchObject({
        code: 'PS_CORRUPT_RECORD',
      });
      memory.tables.actors.get(TALLY)!.entries.splice(50, 1);
      await expect(exportToFile(memory, world.path('bad'), 5, { prefix: '' })).rejects.toMatchObject({
        code: 'PS_CORRUPT_RECORD',
      });
      expect(readdirSync(world.folder)).not.toContain('bad');
    });
  });
});
