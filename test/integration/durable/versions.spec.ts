import type { Type } from '@nestjs/common';
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
import type { ManualClock } from 'plexspaces/testing';
import { Gate, abandoned, failureOf, settle } from './gate';
import { steadyClock } from './steady-clock';
import { type Node, World, ofKind } from './world';

const calls: string[] = [];
let gate: Gate;

interface Order {
  place(ctx: ActorContext): Promise<string>;
  other(): string;
}

type Path = 'ab' | 'ba' | 'a' | 'abc' | 'ax' | 'patched' | 'patchedLate' | 'args';

/** The same actor whose code takes one path or another. It holds before its last act. */
function order(version: string, path: Path): Type<Order> {
  @Actor({ type: 'order', version })
  @UseFacets(durability(), virtualActor())
  class DurableOrder implements Order {
    @State() result = '';

    @Handle() async place(@Ctx() ctx: ActorContext): Promise<string> {
      const steps: string[] = [];
      const drawn = `${ctx.random()} ${ctx.uuid()} ${ctx.now()}`;
      if (path === 'patched' && ctx.patched('audit')) steps.push(await this.step('audit'));
      if (path === 'args') steps.push(await this.step('a', 1));
      else for (const name of path.startsWith('patched') ? 'ab' : path) steps.push(await this.step(name));
      if (path === 'patchedLate' && ctx.patched('late')) steps.push(await this.step('late'));
      await this.hold();
      this.result = `${steps.join('')} ${drawn}`;
      return this.result;
    }
    @Handle() other(): string {
      return 'other';
    }
    @SideEffect() protected async step(name: string, _more?: number): Promise<string> {
      calls.push(name);
      return name;
    }
    @SideEffect() protected async hold(): Promise<void> {
      await gate.pass();
    }
  }
  return DurableOrder;
}

describe('code that changes under an open message', () => {
  let world: World;
  let env: ManualClock;
  beforeEach(() => {
    env = steadyClock();
    world = new World(env);
    calls.length = 0;
    gate = new Gate();
  });
  afterEach(() => world.end());

  /** A message begun by this code, whose node died while it held. */
  async function begun(cls: Type<Order>): Promise<void> {
    const node = await world.start([cls]);
    abandoned(node.ref(cls).with({ idempotencyKey: 'k' }).ask.place());
    await gate.reached(gate.arrivals + 1);
    node.crash();
    gate = new Gate();
    gate.open();
  }

  const again = (node: Node, cls: Type<Order>): Promise<string> =>
    node.ref(cls).with({ idempotencyKey: 'k', timeout: '1h' }).ask.place();

  async function end(node: Node): Promise<void> {
    const closing = node.close();
    await settle();
    await closing;
  }

  it('unchanged code goes on, on what it had recorded: time, dice and ids are the same', async () => {
    const cls = order('1', 'ab');
    const first = await world.start([cls]);
    const live = first.ref(cls).with({ idempotencyKey: 'k' }).ask.place();
    await gate.reached();
    gate.open();
    const answer = await live;
    await first.close();
    gate = new Gate();
    const other = new World(env);
    world.storage.tables.actors.clear();
    await begun(cls);
    await env.advance(5_000);
    const second = await world.start([cls]);
    const resumed = await again(second, cls);
    expect(resumed.split(' ').slice(0, 3)).toEqual(answer.split(' ').slice(0, 3));
    expect(calls).toEqual(['a', 'b', 'a', 'b']);
    await other.end();
  });

  it.each<[Path, string]>([
    ['ba', 'another order'],
    ['a', 'an act left out'],
    ['ax', 'another act'],
    ['args', 'other arguments'],
  ])('version 2 takes path %s (%s): the message is stalled and holds the line; version 1 finishes it', async (path) => {
    const one = order('1', 'ab');
    await begun(one);
    const two = order('2', path);
    const second = await world.start([two]);
    const failure = await failureOf(again(second, two));
    expect(failure).toMatchObject({ code: 'PS_MESSAGE_STALLED', wroteVersion: '1', runsVersion: '2' });
    expect(failure.cause).toMatchObject({ code: 'PS_NON_DETERMINISM' });
    const behind = failureOf(second.ref(two).with({ timeout: '5s' }).ask.other());
    await env.advance(5_000);
    expect(await behind).toMatchObject({ code: 'PS_ASK_TIMEOUT' });
    expect(second.log.errors.join()).toContain('took another path');
    expect(calls.filter((name) => !'ab'.includes(name))).toEqual([]);
    await end(second);

    const third = await world.start([one]);
    expect((await again(third, one)).startsWith('ab ')).toBe(true);
    expect(await third.ref(one).ask.other()).toBe('other');
    expect(calls).toEqual(['a', 'b']);
    const entries = await third.ref(one).history.entries();
    expect(ofKind(entries, 'ActivationStarted').map(({ codeVersion }) => codeVersion)).toEqual(['1', '2', '1']);
    expect(await third.ref(one).history.verify()).toMatchObject({ ok: true });
  });

  it('version 2 that goes on where the record ends is no other path', async () => {
    await begun(order('1', 'ab'));
    const longer = order('2', 'abc');
    const node = await world.start([longer]);
    expect((await again(node, longer)).startsWith('abc ')).toBe(true);
    expect(calls).toEqual(['a', 'b', 'c']);
  });

  it('waiting for its code costs a message no attempts', async () => {
    const one = order('1', 'ab');
    await begun(one);
    const two = order('2', 'ba');
    for (let i = 0; i < 7; i++) {
      const node = await world.start([two]);
      await settle();
      await end(node);
    }
    const last = await world.start([one]);
    expect((await again(last, one)).startsWith('ab ')).toBe(true);
  });

  it('of the same version that takes another path is not stalled: it is non-determinism, tried again and parked by name', async () => {
    const one = order('1', 'ab');
    await begun(one);
    const changed = order('1', 'ba');
    const node = await world.start([changed]);
    const failure = failureOf(again(node, changed));
    await env.advance(20_000);
    expect(await failure).toMatchObject({
      code: 'PS_MESSAGE_PARKED',
      cause: expect.objectContaining({ code: 'PS_NON_DETERMINISM' }) as unknown,
    });
    expect((await failure).message).toMatch(/act 0: step.*act 0: step/s);
    expect(await node.ref(changed).ask.other()).toBe('other');
  });

  describe('ctx.patched()', () => {
    it('is true in a new message, recorded, and true again when that is run again', async () => {
      const patched = order('2', 'patched');
      await begun(patched);
      expect(calls).toEqual(['audit', 'a', 'b']);
      const node = await world.start([patched]);
      expect((await again(node, patched)).startsWith('auditab ')).toBe(true);
      expect(calls).toEqual(['audit', 'a', 'b']);
      expect(await node.ref(patched).history.verify()).toMatchObject({ ok: true });
    });

    it('is false where an older record goes on without it', async () => {
      await begun(order('1', 'ab'));
      const patched = order('2', 'patched');
      const node = await world.start([patched]);
      expect((await again(node, patched)).startsWith('ab ')).toBe(true);
      expect(calls).toEqual(['a', 'b']);
      expect(await node.ref(patched).history.verify()).toMatchObject({ ok: true });
    });

    it('is true beyond the end of an older record', async () => {
      await begun(order('1', 'ab'));
      const patched = order('2', 'patchedLate');
      const node = await world.start([patched]);
      expect((await again(node, patched)).startsWith('ablate ')).toBe(true);
      expect(await node.ref(patched).history.verify()).toMatchObject({ ok: true });
    });

    it('is false for verify where an old message never met it', async () => {
      const one = order('1', 'ab');
      gate.open();
      const first = await world.start([one]);
      await first.ref(one).ask.place();
      await first.close();
      const patched = order('2', 'patched');
      const node = await world.start([patched]);
      expect(await node.ref(patched).history.verify()).toMatchObject({ ok: true, turns: 1 });
    });

    it('its mark may not be dropped from the code while such a message is open', async () => {
      await begun(order('2', 'patched'));
      const dropped = order('3', 'ab');
      const node = await world.start([dropped]);
      expect(await failureOf(again(node, dropped))).toMatchObject({ code: 'PS_MESSAGE_STALLED' });
      await end(node);
    });
  });

  it('a handler that is gone does not take its actor with it: the message is answered by name', async () => {
    await begun(order('1', 'ab'));
    @Actor({ type: 'order', version: '2' })
    @UseFacets(durability(), virtualActor())
    class Bare {
      @Handle() other(): string {
        return 'other';
      }
    }
    const node = await world.start([Bare]);
    await env.advance(20_000);
    const outcome = node
      .ref(Bare)
      .with({ timeout: '5s' })
      .ask.other()
      .catch((error: unknown) => error);
    await env.advance(5_000);
    expect(['other', 'AskTimeoutError']).toContain(
      await outcome.then((value) => (value instanceof Error ? value.name : value)),
    );
    await end(node);
  });

  describe('facets', () => {
    @Facet({ name: 'replaying', priority: 200, category: 'domain', onReplay: 'run' })
    class Replaying {
      onMessage(_: FacetTurn): void {
        // its presence counts
      }
    }
    const shop = (version: string, withFacet: boolean): Type<{ add(): number }> => {
      @Actor({ type: 'shop', version })
      @UseFacets(...(withFacet ? [facet('replaying')] : []), durability(), virtualActor())
      class Shop {
        @State() value = 0;
        @Handle() add(): number {
          return ++this.value;
        }
      }
      return Shop;
    };

    it('that run on replay may not come or go without a new version: drift is refused, nothing is written', async () => {
      const with1 = shop('1', true);
      const first = await world.start([with1], { providers: [Replaying] });
      await first.ref(with1).ask.add();
      await first.close();
      const without1 = shop('1', false);
      const second = await world.start([without1], { providers: [Replaying] });
      expect(await failureOf(second.ref(without1).ask.add())).toMatchObject({ code: 'PS_FACET_DRIFT' });
      expect(second.probe.appends).toEqual([]);
      await second.close();
      const without2 = shop('2', false);
      const third = await world.start([without2], { providers: [Replaying] });
      expect(await third.ref(without2).ask.add()).toBe(2);
    });
  });
});
