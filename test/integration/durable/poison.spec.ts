import { Actor, Handle, SideEffect, State, UseFacets, durability, virtualActor } from 'plexspaces';
import type { ManualClock } from 'plexspaces/testing';
import { Gate, failureOf, settle } from './gate';
import { steadyClock } from './steady-clock';
import { type Node, World, kinds, ofKind } from './world';

const starts: number[] = [];
let env: ManualClock;
let poisoned: boolean;
let gate: Gate;

class Worker {
  @State() done: string[] = [];
  @Handle() work(what: string): string[] {
    this.done.push(what);
    return this.done;
  }
  @Handle() poison(): void {
    starts.push(env.monotonic());
    this.done.push('poison');
    if (poisoned) throw new Error('toxic');
  }
  @Handle({ retry: { maxAttempts: 2, initialDelay: 50, factor: 1, jitter: 'none' } }) twice(): void {
    starts.push(env.monotonic());
    throw new Error('toxic');
  }
  @Handle() async deadly(): Promise<void> {
    starts.push(env.monotonic());
    await gate.pass();
  }
  @Handle() async deadlyAfterEffect(): Promise<void> {
    await this.effect();
    starts.push(env.monotonic());
    await gate.pass();
  }
  @Handle({ readOnly: true }) all(): string[] {
    return this.done;
  }
  @SideEffect() protected async effect(): Promise<void> {
    // recorded
  }
}

@Actor({ type: 'parking' })
@UseFacets(durability(), virtualActor())
class Parking extends Worker {}

@Actor({ type: 'holding', onPoison: 'hold' })
@UseFacets(durability(), virtualActor())
class Holding extends Worker {}

describe('a message that keeps failing', () => {
  let world: World;
  beforeEach(() => {
    env = steadyClock();
    world = new World(env);
    starts.length = 0;
    poisoned = true;
    gate = new Gate();
  });
  afterEach(() => world.end());

  const start = (): Promise<Node> => world.start([Parking, Holding]);

  it('told, gets five attempts, 100 ms doubling between them, then is parked with its cause; others pass', async () => {
    const node = await start();
    const ref = node.ref(Parking);
    await ref.tell.poison();
    const next = ref.ask.work('next');
    await env.advance(100 + 200 + 400 + 800);
    expect(await next).toEqual(['next']);
    expect(starts).toEqual([0, 100, 300, 700, 1500]);
    const [parked] = ofKind(await ref.history.entries(), 'MessageParked');
    expect(parked).toMatchObject({ attempts: 5, cause: { message: 'toxic' } });
    expect(await world.storage.inbox.parked(ref.actorId)).toHaveLength(1);
    expect(await ref.ask.all()).toEqual(['next']);
  });

  it('holds the line while it is tried again', async () => {
    const node = await start();
    const ref = node.ref(Parking);
    await ref.tell.poison();
    await ref.tell.work('behind');
    await env.advance(150);
    poisoned = false;
    await env.advance(150);
    expect(await ref.ask.all()).toEqual(['poison', 'behind']);
  });

  it('[FI-DU09] asked under a key, tells its asker that it was parked, and its duplicates too', async () => {
    const node = await start();
    const ref = node.ref(Parking).with({ idempotencyKey: 'k' });
    await ref.tell.poison();
    const failure = failureOf(ref.ask.poison());
    await env.advance(2_000);
    expect(await failure).toMatchObject({ code: 'PS_MESSAGE_PARKED', attempts: 5 });
    expect(await failureOf(ref.ask.poison())).toMatchObject({
      code: 'PS_MESSAGE_PARKED',
      cause: expect.objectContaining({ message: 'toxic' }) as unknown,
    });
    expect(starts).toHaveLength(5);
  });

  it('follows the policy of its handler, for asks as for tells', async () => {
    const node = await start();
    const failure = failureOf(node.ref(Parking).ask.twice());
    await env.advance(50);
    expect(await failure).toMatchObject({ code: 'PS_MESSAGE_PARKED', attempts: 2 });
    expect(starts).toEqual([0, 50]);
  });

  it('its attempts are counted before each start: over restarts it gets five in all', async () => {
    let node = await start();
    await node.ref(Parking).tell.poison();
    await env.advance(100);
    expect(starts).toHaveLength(2);
    node.crash();
    node = await start();
    await env.advance(20_000);
    expect(starts).toHaveLength(5);
    expect(ofKind(await node.ref(Parking).history.entries(), 'MessageParked')[0]).toMatchObject({ attempts: 5 });
  });

  it.each(['deadly', 'deadlyAfterEffect'] as const)(
    '%s: one that kills its process is parked after five deaths',
    async (method) => {
      let node = await start();
      await node.ref(Parking).tell[method]();
      for (let deaths = 1; deaths <= 5; deaths++) {
        await gate.reached(deaths);
        expect(starts).toHaveLength(deaths);
        node.crash();
        node = await start();
        await settle();
      }
      await env.advance(60_000);
      expect(starts).toHaveLength(5);
      expect(await node.ref(Parking).ask.work('alive')).toEqual(['alive']);
      const entries = await node.ref(Parking).history.entries();
      expect(ofKind(entries, 'MessageParked')[0]).toMatchObject({ attempts: 5, cause: { code: 'PS_ACTOR_FAILED' } });
      const seqs = entries.map(({ seq }) => seq);
      expect(seqs).toEqual(seqs.map((_, i) => i + 1));
    },
  );

  it('with onPoison: hold closes the line until somebody acts, also after a restart; reads go on', async () => {
    const node = await start();
    await node.ref(Holding).ask.work('before');
    await node.ref(Holding).tell.poison();
    await env.advance(2_000);
    expect(node.log.errors.join()).toContain('takes no further message');
    const waiting = failureOf(node.ref(Holding).with({ timeout: '5s' }).ask.work('behind'));
    await env.advance(5_000);
    expect(await waiting).toMatchObject({ code: 'PS_ASK_TIMEOUT' });
    expect(await node.ref(Holding).ask.all()).toEqual(['before']);
    const closing = node.close();
    await settle();
    await closing;

    const later = await start();
    await later.ref(Holding).tell.work('later');
    await env.advance(60_000);
    expect(await later.ref(Holding).ask.all()).toEqual(['before']);
    expect(kinds(await later.ref(Holding).history.entries()).at(-1)).toBe('MessageParked');
    const closed = later.close();
    await settle();
    await closed;
  });
});
