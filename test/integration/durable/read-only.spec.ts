import {
  Actor,
  type ActorContext,
  Ctx,
  Facet,
  type FacetTurn,
  Handle,
  SideEffect,
  State,
  UseFacets,
  durability,
  facet,
  virtualActor,
} from 'plexspaces';
import { Gate, failureOf, settle } from './gate';
import { World } from './world';

let gate: Gate;

@Facet({ name: 'counting', priority: 200, category: 'domain' })
class Counting {
  initialState(): { seen: number } {
    return { seen: 0 };
  }
  onMessage(turn: FacetTurn<unknown, { seen: number }>): void {
    turn.state.seen++;
  }
}

@Actor({ type: 'board' })
@UseFacets(facet('counting'), durability(), virtualActor())
class Board {
  @State() lines: string[] = [];

  @Handle() async write(line: string): Promise<void> {
    this.lines.push(`${line} begun`);
    await this.wait();
    this.lines.push(`${line} done`);
  }
  @Handle() add(line: string): void {
    this.lines.push(line);
  }
  @Handle({ readOnly: true }) all(): string[] {
    return this.lines;
  }
  @Handle({ readOnly: true }) async slowly(): Promise<string[]> {
    const before = [...this.lines];
    await gate.pass();
    return [...before, '|', ...this.lines];
  }
  @Handle({ readOnly: true }) cheat(): void {
    this.lines.push('cheated');
  }
  @Handle({ readOnly: true }) async act(@Ctx() ctx: ActorContext, how: string): Promise<void> {
    if (how === 'effect') await this.wait();
    if (how === 'named') await ctx.sideEffect('x', () => 1);
    if (how === 'sleep') await ctx.sleep(1);
    if (how === 'tell') await ctx.actor(Board, 'b').tell.add('x');
    if (how === 'ask') await ctx.actor(Board, 'b').ask.add('x');
  }
  @SideEffect() protected async wait(): Promise<void> {
    await gate.pass();
  }
}

describe('a read-only handler', () => {
  let world: World;
  beforeEach(() => {
    world = new World();
    gate = new Gate();
  });
  afterEach(() => world.end());

  const start = () => world.start([Board], { providers: [Counting] });

  it('runs beside a turn and sees committed state only', async () => {
    const node = await start();
    await node.ref(Board).ask.add('0');
    const writing = node.ref(Board).ask.write('1');
    await gate.reached();
    expect(await node.ref(Board).ask.all()).toEqual(['0']);
    gate.open();
    await writing;
    expect(await node.ref(Board).ask.all()).toEqual(['0', '1 begun', '1 done']);
  });

  it('does not see a turn whose commit is still in flight', async () => {
    const node = await start();
    const reader = node.ref(Board, 'a');
    await reader.ask.add('0');
    const flush = new Gate();
    node.probe.onFlush = async (writes, on) => {
      await flush.pass();
      return on(writes);
    };
    const adding = node.ref(Board).ask.add('1');
    await flush.reached();
    expect(await reader.ask.all()).toEqual(['0']);
    flush.open();
    await adding;
    expect(await reader.ask.all()).toEqual(['0', '1']);
  });

  it('keeps one view while it runs', async () => {
    const node = await start();
    await node.ref(Board).ask.add('0');
    const reading = node.ref(Board).ask.slowly();
    await gate.reached();
    await node.ref(Board).ask.add('1');
    gate.open();
    expect(await reading).toEqual(['0', '|', '0']);
  });

  it('is not journaled, and takes no turn', async () => {
    const node = await start();
    await node.ref(Board).ask.add('0');
    const before = await node.ref(Board).history.entries();
    node.probe.forget();
    await Promise.all(Array.from({ length: 5 }, () => node.ref(Board).ask.all()));
    expect(await node.ref(Board).history.entries()).toEqual(before);
    expect(node.probe.appends).toEqual([]);
  });

  it('sees what its own sender did before', async () => {
    const node = await start();
    const ref = node.ref(Board);
    for (let i = 0; i < 10; i++) {
      void ref.tell.add(String(i));
      expect(await ref.ask.all()).toHaveLength(i + 1);
    }
  });

  it('that changes state is refused, and nothing is kept', async () => {
    const node = await start();
    await node.ref(Board).ask.add('0');
    expect(await failureOf(node.ref(Board).ask.cheat())).toMatchObject({ code: 'PS_READ_ONLY_VIOLATION' });
    expect(await node.ref(Board).ask.all()).toEqual(['0']);
  });

  it.each(['effect', 'named', 'sleep', 'tell', 'ask'])('that acts by %s is refused', async (how) => {
    const node = await start();
    gate.open();
    expect(await failureOf(node.ref(Board).ask.act(how))).toMatchObject({ code: 'PS_READ_ONLY_VIOLATION' });
    await settle();
    expect(await node.ref(Board, 'b').ask.all()).toEqual([]);
  });

  it('its pass through the facets leaves their state as the last turn committed it', async () => {
    const node = await start();
    expect(await node.ref(Board).ask.all()).toEqual([]);
    await node.ref(Board).ask.add('0');
    for (let i = 0; i < 3; i++) await node.ref(Board).ask.all();
    await node.ref(Board).ask.add('1');
    expect(await node.ref(Board).history.stateAt({ seq: Infinity })).toMatchObject({ 'facet:counting': { seen: 2 } });
  });
});
