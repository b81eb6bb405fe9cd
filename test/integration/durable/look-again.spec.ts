import { Actor, Handle, State, UseFacets, durability, virtualActor } from 'plexspaces';
import { type InboxStorage, StoreFailedError } from 'plexspaces/spi';
import { Gate, abandoned, failureOf, settle } from './gate';
import { steadyClock } from './steady-clock';
import { type Node, World } from './world';

let noted: string[];

@Actor({ type: 'noter' })
@UseFacets(durability(), virtualActor({ idleTimeout: '1s' }))
class Noter {
  @State() count = 0;

  @Handle() note(what: string): number {
    noted.push(what);
    return ++this.count;
  }
}

/** Lets a node's calls of this kind fail until it is told otherwise. */
class Outage {
  tried = 0;
  private isOver = false;

  constructor(node: Node, call: 'due' | 'nextDue' | 'sweep' | 'pending') {
    const inbox = node.probe.inbox as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>;
    const real = inbox[call] as (...args: unknown[]) => Promise<unknown>;
    inbox[call satisfies keyof InboxStorage] = (...args) => {
      this.tried++;
      return this.isOver ? real(...args) : Promise.reject(new StoreFailedError('test', 'it is away'));
    };
  }

  end(): void {
    this.isOver = true;
    this.tried = 0;
  }
}

describe('accepted work, where the store was away when it fell due (P8)', () => {
  const clock = steadyClock();
  let world: World;
  beforeEach(() => {
    noted = [];
    world = new World(clock);
  });
  afterEach(() => world.end());

  it.each(['due', 'sweep'] as const)(
    'is found within 5 s of its return, though %s had failed for an hour: the looks come further and further apart, up to 4 s',
    async (call) => {
      const node = await world.start([Noter]);
      await node.ref(Noter).with({ delay: '1m' }).tell.note('rent');
      const outage = new Outage(node, call);
      await clock.advance('61m');
      expect(noted).toEqual([]);
      expect(outage.tried).toBeGreaterThan(3_600 / 5);
      expect(outage.tried).toBeLessThan(3_600 / 3);
      outage.end();
      await clock.advance('5s');
      expect(noted).toEqual(['rent']);
      expect(node.log.errors.at(-1)).toMatch(/Looking for due messages failed, trying again in 4000 ms/);
    },
  );

  it('runs at most 5 s late while the store cannot say what comes next', async () => {
    const node = await world.start([Noter]);
    await node.ref(Noter).with({ delay: '1m' }).tell.note('rent');
    node.crash();
    new Outage(await world.start([Noter]), 'nextDue');
    await clock.advance('65s');
    expect(noted).toEqual(['rent']);
  });

  it('is found at once when it fell due while a look was under way', async () => {
    const node = await world.start([Noter]);
    await node.ref(Noter).with({ delay: 30_005 }).tell.note('rent'); // the look after 30 s comes just before
    const { inbox } = node.probe;
    const due = inbox.due.bind(inbox);
    const gate = new Gate();
    inbox.due = async (atMs, limit) => {
      const found = await due(atMs, limit);
      await gate.pass();
      return found;
    };
    await clock.advance('30s');
    await clock.advance(10);
    gate.open();
    await settle();
    await clock.advance('1s');
    expect(noted).toEqual(['rent']);
  });

  it('begins with a short wait again after each look that did not fail', async () => {
    const node = await world.start([Noter]);
    for (let i = 0; i < 3; i++) {
      const outage = new Outage(node, 'due');
      await clock.advance('31s'); // a patrol comes by
      outage.end();
      await clock.advance('5s');
    }
    const waits = node.log.errors.map((line) => /again in (\d+) ms/.exec(line)?.[1]);
    expect(waits.filter((wait) => wait === '250')).toHaveLength(3);
  });

  it('is taken up within 2 s by an actor that could not be loaded when it was woken', async () => {
    const first = await world.start([Noter]);
    await first.ref(Noter).with({ delay: '1m' }).tell.note('rent');
    first.crash();
    const second = await world.start([Noter]);
    const outage = new Outage(second, 'pending');
    await clock.advance('70s');
    expect([noted, outage.tried > 5]).toEqual([[], true]);
    outage.end();
    await clock.advance('2s');
    expect(noted).toEqual(['rent']);
  });

  it('is taken up within 2 s by an actor in memory that could not read its inbox', async () => {
    const node = await world.start([Noter]);
    await node.ref(Noter).with({ delay: '500ms' }).tell.note('rent');
    await node.ref(Noter).ask.note('awake');
    const outage = new Outage(node, 'pending');
    await clock.advance('600ms');
    expect([noted, outage.tried]).toEqual([['awake'], 1]);
    outage.end();
    await clock.advance('2s');
    expect(noted).toEqual(['awake', 'rent']);
  });

  it('does not bring an actor up again and again whose journal is damaged', async () => {
    const first = await world.start([Noter]);
    await first.ref(Noter).ask.note('one');
    await first.ref(Noter).with({ delay: '1m' }).tell.note('rent');
    first.crash();
    const entry = world.storage.tables.actors.get('default/default/noter/a')?.entries[1];
    (entry as { bytes: Uint8Array }).bytes[12]! ^= 1;
    const second = await world.start([Noter]);
    const opened: unknown[] = [];
    second.system.events$.subscribe((event) => opened.push(event.to));
    await clock.advance('121s');
    expect(noted).toEqual(['one']);
    expect(opened.filter((state) => state === 'Creating').length).toBeLessThan(5);
    abandoned(second.ref(Noter).ask.note('two'));
    expect(await failureOf(second.ref(Noter).ask.note('two'))).toMatchObject({ code: 'PS_CORRUPT_RECORD' });
  });
});
