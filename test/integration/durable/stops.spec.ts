import type { Type } from '@nestjs/common';
import { Actor, Handle, SideEffect, State, UseFacets, durability, virtualActor } from 'plexspaces';
import { Gate, abandoned, failureOf, settle, until } from './gate';
import { headOf } from './probe-storage';
import { World } from './world';

let ran: string[];
let terminating: Gate;
let effect: Gate;

@Actor({ type: 'closing' })
@UseFacets(durability())
class Closing {
  @State() balance = 0;
  onCreate(balance: number): void {
    this.balance = balance;
  }
  async onTerminate(): Promise<void> {
    await terminating.pass();
  }
  @Handle() add(by: number): number {
    ran.push('add');
    return (this.balance += by);
  }
}

/** A handler that takes another path in each version. */
function pathOf(version: string): Type<{ go(): Promise<void>; ping(): string }> {
  @Actor({ type: 'path', version })
  @UseFacets(durability(), virtualActor())
  class Path {
    @Handle() async go(): Promise<void> {
      await (version === '1' ? this.left() : this.right());
      await this.hold();
    }
    @Handle() ping(): string {
      return 'pong';
    }
    @SideEffect() protected async left(): Promise<void> {}
    @SideEffect() protected async right(): Promise<void> {}
    @SideEffect() protected async hold(): Promise<void> {
      await effect.pass();
    }
  }
  return Path;
}

describe('a brutal stop', () => {
  let world: World;
  beforeEach(() => {
    world = new World();
    ran = [];
    terminating = new Gate();
    effect = new Gate();
  });
  afterEach(async () => {
    terminating.open();
    await world.end();
  });

  it('lets no message behind it run while onTerminate does (P2)', async () => {
    const node = await world.start([Closing]);
    const ref = await node.client(Closing).spawn('a', 1);
    const stopped = ref.stop('brutal');
    const refused = failureOf(ref.ask.add(1));
    await terminating.reached();
    await settle();
    expect(ran).toEqual([]);
    terminating.open();
    await stopped;
    expect(await refused).toMatchObject({ code: 'PS_ACTOR_TERMINATED' });
    expect(ran).toEqual([]);
  });

  it('is not undone by a repeatable ask that was being looked up (P4)', async () => {
    terminating.open();
    const node = await world.start([Closing]);
    const ref = await node.client(Closing).spawn('a', 1);
    const looking = new Gate();
    const { inbox } = node.probe;
    const find = inbox.find;
    inbox.find = async (actor, id) => {
      const found = await find(actor, id);
      await looking.pass();
      return found;
    };
    const refused = failureOf(ref.with({ idempotencyKey: 'k' }).ask.add(1));
    await looking.reached();
    await ref.stop('brutal');
    looking.open();
    expect(await refused).toMatchObject({ code: 'PS_ACTOR_TERMINATED' });
    await settle();
    expect(ran).toEqual([]);
    expect(await headOf(world.storage, ref.actorId)).toMatchObject({ status: 'terminated' });
  });

  it('frees an actor that could not go on with its open turn (P9)', async () => {
    const [First, Second] = [pathOf('1'), pathOf('2')];
    const first = await world.start([First]);
    abandoned(first.ref(First).ask.go());
    await effect.reached();
    first.crash();
    effect = new Gate();
    effect.open();
    const second = await world.start([Second]);
    await until(() => second.log.errors.length > 0);
    expect(second.log.errors.join()).toContain('takes no further message');
    await second.ref(Second).stop('brutal');
    second.crash();
    const third = await world.start([Second]);
    expect(await third.ref(Second).ask.ping()).toBe('pong');
  });
});
