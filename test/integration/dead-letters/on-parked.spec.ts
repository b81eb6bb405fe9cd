import { Injectable } from '@nestjs/common';
import {
  Actor,
  type DeadLetter,
  DeadLetters,
  Handle,
  OnParked,
  type ParkedNotice,
  State,
  UseFacets,
  durability,
  virtualActor,
} from 'plexspaces';
import type { ManualClock } from 'plexspaces/testing';
import { settle } from '../durable/gate';
import { steadyClock } from '../durable/steady-clock';
import { type Node, World, ofKind } from '../durable/world';

let env: ManualClock;
let isBroken: boolean;
let hookFails: boolean;

@Actor({ type: 'watched' })
@UseFacets(durability(), virtualActor())
class Watched {
  @State() done: string[] = [];
  @State() parked: string[] = [];
  @Handle() work(what: string): void {
    if (isBroken) throw new Error('toxic');
    this.done.push(what);
  }
  @Handle() look(): [string[], string[]] {
    return [this.done, this.parked];
  }
  @OnParked() note({ messageId, method, args, attempts, cause }: ParkedNotice): void {
    if (hookFails) throw new Error('the hook is broken too');
    this.parked.push(`${String(method)} ${String(args[0])} ${attempts} ${cause.message} ${messageId.length > 0}`);
  }
}

@Actor({ type: 'other', onPoison: 'hold' })
@UseFacets(durability(), virtualActor())
class Other {
  @Handle() work(): void {
    throw new Error('toxic');
  }
}

@Injectable()
class Alarm {
  readonly rung: DeadLetter[] = [];
  @OnParked() ring(letter: DeadLetter): void {
    this.rung.push(letter);
    throw new Error('no line');
  }
}

describe('@OnParked', () => {
  let world: World;
  let node: Node;
  const start = (): Promise<Node> => world.start([Watched, Other], { providers: [Alarm] });

  beforeEach(async () => {
    env = steadyClock();
    world = new World(env);
    isBroken = true;
    hookFails = false;
    node = await start();
  });
  afterEach(async () => {
    const ending = world.end();
    await settle();
    await env.advance('1m');
    await ending;
  });

  it('of the actor is a journaled turn of it, once for each message', async () => {
    await node.ref(Watched).tell.work('x');
    await env.advance(2_000);
    await settle();
    expect(await node.ref(Watched).ask.look()).toEqual([[], ['work x 5 toxic true']]);
    const entries = await node.ref(Watched).history.entries();
    expect(ofKind(entries, 'MessageSent')).toMatchObject([{ method: '$parked' }]);
    node.crash();
    node = await start();
    await settle();
    expect(await node.ref(Watched).ask.look()).toEqual([[], ['work x 5 toxic true']]);
  });

  it('of the actor runs in the next life when this one dies after the park', async () => {
    await node.ref(Watched).tell.work('x');
    await env.advance(1_400);
    await env.advance(600);
    node.crash();
    node = await start();
    await env.advance(20_000);
    await settle();
    expect((await node.ref(Watched).ask.look())[1]).toHaveLength(1);
  });

  it('of the actor hears again of one that was taken up and parked again', async () => {
    await node.ref(Watched).tell.work('x');
    await env.advance(2_000);
    const [letter] = (await node.module.get(DeadLetters).list()).letters;
    await node.module.get(DeadLetters).retry(letter as DeadLetter);
    await env.advance(2_000);
    await settle();
    expect((await node.ref(Watched).ask.look())[1]).toHaveLength(2);
  });

  it('of the actor is parked when it fails, and nobody is told of that by it', async () => {
    hookFails = true;
    await node.ref(Watched).tell.work('x');
    await env.advance(4_000);
    await settle();
    const { letters } = await node.module.get(DeadLetters).list();
    expect(letters.map(({ method }) => method)).toEqual(['work', '$parked']);
  });

  it('of a provider hears of all actors, also of one that is held; what it throws is logged', async () => {
    await node.ref(Watched).tell.work('x');
    await node.ref(Other).tell.work();
    await env.advance(2_000);
    await settle();
    const { rung } = node.module.get(Alarm);
    expect(rung.map(({ actor, method }) => [(actor as { type: string }).type, method]).sort()).toEqual([
      ['other', 'work'],
      ['watched', 'work'],
    ]);
    expect(node.log.errors.join('\n')).toContain('@OnParked failed');
    expect(node.log.errors.join('\n')).toMatch(/Message .* of .*watched.* was parked: toxic/);
  });

  it('is refused twice on an actor class, and on a handler', async () => {
    class Two {
      @Handle() a(): void {
        // nothing
      }
      @OnParked() b(): void {
        // nothing
      }
      @OnParked() c(): void {
        // nothing
      }
    }
    class Both {
      @Handle() @OnParked() a(): void {
        // nothing
      }
    }
    for (const cls of [Two, Both]) {
      Actor({ type: 'bad' })(cls);
      await expect(world.start([cls])).rejects.toMatchObject({ code: 'PS_INVALID_ACTOR_CLASS' });
    }
  });
});
