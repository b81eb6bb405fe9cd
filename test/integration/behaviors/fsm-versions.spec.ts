import { Actor, DeadLetters, State, UseFacets, durability, virtualActor } from 'plexspaces';
import { Fsm, Transition, stateOf } from 'plexspaces/behaviors';
import type { ManualClock } from 'plexspaces/testing';
import { settle } from '../durable/gate';
import { steadyClock } from '../durable/steady-clock';
import { World } from '../durable/world';

// Machines whose classes change between two starts, or inherit from another.

class Lamp {
  @State() pressed = 0;
  @Transition({ from: '*' }) press(): string | undefined {
    this.pressed++;
    return stateOf(this);
  }
}

@Fsm({ initial: 'off', states: ['off', 'glowing'] })
class Before extends Lamp {
  @Transition({ from: 'off', to: 'glowing' }) light(): void {
    return;
  }
}

@Fsm({ initial: 'off', states: ['off', 'on'] })
class After extends Lamp {
  @Transition({ from: 'off', to: 'on' }) light(): void {
    return;
  }
}

for (const cls of [Before, After]) {
  UseFacets(durability(), virtualActor())(cls);
  Actor({ type: 'lamp' })(cls);
}

describe('a machine in a state that its class has no more', () => {
  let env: ManualClock;
  let world: World;
  beforeEach(() => {
    env = steadyClock();
    world = new World(env);
  });
  afterEach(() => world.end());

  it('says so, and loses no event: a told one is parked, and run when the state is there again', async () => {
    const first = await world.start([Before]);
    await first.ref(Before).ask.light();
    first.crash();
    const second = await world.start([After]);
    await expect(second.ref(After).ask.press()).rejects.toMatchObject({
      code: 'PS_FSM_UNKNOWN_STATE',
      state: 'glowing',
      known: ['off', 'on'],
    });
    await second.ref(After).tell.press();
    await env.advance('1m');
    await settle();
    expect((await second.module.get(DeadLetters).list()).letters).toHaveLength(1);
    second.crash();
    const third = await world.start([Before]);
    await third.module.get(DeadLetters).redrive();
    await env.advance('1s');
    await settle();
    expect(await third.ref(Before).ask.press()).toBe('glowing');
    expect(await third.ref(Before).info()).toMatchObject({ state: 'Active' });
    expect((await third.module.get(DeadLetters).list()).letters).toEqual([]);
  });
});

it('a transition is the method of the class that inherits it, where that has one of its own', async () => {
  class Base {
    @Transition({ from: 'a', on: 'go' }) answer(): string {
      return 'inherited';
    }
    @Transition({ from: 'a', on: 'stay' }) other(): string {
      return 'inherited';
    }
  }
  @Actor({ type: 'heir' })
  @UseFacets(virtualActor())
  @Fsm({ initial: 'a', states: ['a'] })
  class Heir extends Base {
    override answer(): string {
      return `no longer ${super.answer()}`;
    }
  }
  const world = new World(steadyClock());
  const heir = (await world.start([Heir])).ref(Heir) as unknown as {
    ask: Record<'go' | 'stay', () => Promise<string>>;
  };
  expect(await heir.ask.go()).toBe('no longer inherited');
  expect(await heir.ask.stay()).toBe('inherited');
  await world.end();
});
