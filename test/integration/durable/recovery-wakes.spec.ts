import { Actor, Handle, SideEffect, State, UseFacets, durability, virtualActor } from 'plexspaces';
import { Gate, abandoned, settle, until } from './gate';
import { steadyClock } from './steady-clock';
import { World } from './world';

/** More than one look at the inbox brings. */
const CROWD = 1_050;

let opening: Gate;
let holding: Gate;
let effects: string[];
let paid: string[];

@Actor({ type: 'sleeper' })
@UseFacets(durability(), virtualActor())
class Sleeper {
  @State() value = 0;
  async onActivate(): Promise<void> {
    await opening.pass();
  }
  @Handle() async work(): Promise<void> {
    this.value += await this.one();
    await this.hold();
  }
  @Handle({ retry: { maxAttempts: 1 } }) pay(what: string): void {
    paid.push(what);
  }
  @Handle() read(): number {
    return this.value;
  }
  @SideEffect() protected async one(): Promise<number> {
    effects.push('one');
    return 1;
  }
  @SideEffect() protected async hold(): Promise<void> {
    effects.push('hold');
    await holding.pass();
  }
}

describe('accepted work, after a crash', () => {
  let world: World;
  beforeEach(() => {
    world = new World(steadyClock());
    opening = new Gate();
    opening.open();
    holding = new Gate();
    effects = [];
    paid = [];
  });
  afterEach(async () => {
    opening.open();
    holding.open();
    await settle();
    await world.end();
  });

  it('a keyed tell with an open turn, repeated while its actor is loading, goes on where it was (P5, P6)', async () => {
    const first = await world.start([Sleeper]);
    await first.ref(Sleeper).with({ idempotencyKey: 'k' }).tell.work();
    await holding.reached();
    first.crash();
    holding = new Gate();
    holding.open();
    opening.close();
    const second = await world.start([Sleeper]);
    await second.ref(Sleeper).with({ idempotencyKey: 'k' }).tell.work();
    await opening.reached(2);
    await settle();
    opening.open();
    expect(await second.ref(Sleeper).ask.read()).toBe(1);
    expect(effects).toEqual(['one', 'hold', 'hold']);
    second.crash();
    const third = await world.start([Sleeper]);
    expect(await third.ref(Sleeper).ask.read()).toBe(1);
  });

  it('runs, also if it may be tried only once and had not begun (P8)', async () => {
    const first = await world.start([Sleeper]);
    abandoned(first.ref(Sleeper).ask.work());
    await holding.reached();
    await first.ref(Sleeper).tell.pay('rent');
    first.crash();
    holding = new Gate();
    holding.open();
    await world.start([Sleeper]);
    await until(() => paid.length > 0);
    await settle();
    expect(paid).toEqual(['rent']);
  });

  it('resumes in every actor that has some, however many they are (P8)', async () => {
    const first = await world.start([Sleeper]);
    await Promise.all(Array.from({ length: CROWD }, (_, i) => first.ref(Sleeper, `k${i}`).tell.work()));
    await holding.reached(CROWD);
    first.crash();
    holding = new Gate();
    await world.start([Sleeper]);
    await holding.reached(CROWD);
    await settle();
    expect(holding.arrivals).toBe(CROWD);
  });
});
