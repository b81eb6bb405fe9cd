import type { Type } from '@nestjs/common';
import {
  Actor,
  DeadLetters,
  Handle,
  SideEffect,
  State,
  Supervisor,
  UseFacets,
  child,
  durability,
  virtualActor,
} from 'plexspaces';
import type { ManualClock } from 'plexspaces/testing';
import { Gate, abandoned, settle } from '../durable/gate';
import { steadyClock } from '../durable/steady-clock';
import { type Node, World, ofKind } from '../durable/world';

// Lines that a parked message holds, and what else may be the matter with their actors meanwhile.

let env: ManualClock;
let isBroken: boolean;
let gate: Gate;

class Ledger {
  @State() done: string[] = [];
  async onTerminate(): Promise<void> {
    await this.call();
  }
  @Handle() add(what: string): string[] {
    if (isBroken) throw new Error('toxic');
    this.done.push(what);
    return this.done;
  }
  @Handle() async pay(): Promise<void> {
    await this.call();
    this.done.push('paid');
  }
  @Handle({ readOnly: true }) all(): string[] {
    return this.done;
  }
  @SideEffect() protected async call(): Promise<void> {
    await gate.pass();
  }
}

type LedgerClass = Type<Ledger>;

function ledgerThat(onPoison: 'hold' | 'park'): LedgerClass {
  @Actor({ type: 'ledger', onPoison })
  @UseFacets(durability(), virtualActor())
  class It extends Ledger {}
  return It;
}

const Held = ledgerThat('hold');

describe('a line that a parked message holds', () => {
  let world: World;
  let node: Node;
  const letters = (): DeadLetters => node.module.get(DeadLetters);
  const theOnly = async () => {
    const [letter, ...others] = (await letters().list()).letters;
    expect(others).toEqual([]);
    return letter as NonNullable<typeof letter>;
  };
  async function park(cls: LedgerClass, key = 'a'): Promise<void> {
    isBroken = true;
    await node.ref(cls, key).tell.add('bad');
    await env.advance(2_000);
    isBroken = false;
  }
  /** The node dies while it waits at the gate, and another takes its place. */
  async function replace(classes: readonly LedgerClass[]): Promise<void> {
    await gate.reached();
    node.crash();
    gate = new Gate();
    gate.open();
    node = await world.start(classes);
    await settle();
    await env.advance(2_000);
  }

  beforeEach(() => {
    env = steadyClock();
    world = new World(env);
    gate = new Gate();
  });
  afterEach(async () => {
    gate.open();
    const ending = world.end();
    await settle();
    await env.advance('1m');
    await ending;
  });

  it('lets a stop go on that had begun when the node died; then an operator opens it', async () => {
    node = await world.start([Held]);
    await park(Held);
    abandoned(node.ref(Held).stop('brutal'));
    await replace([Held]);
    const entries = await node.ref(Held).history.entries();
    expect(ofKind(entries, 'MessageReceived').map(({ method }) => method)).toEqual(['add', '$stop']);
    expect(ofKind(entries, 'MessageProcessed')).toHaveLength(1);
    await letters().retry(await theOnly());
    await settle();
    expect(await node.ref(Held).ask.add('more')).toEqual(['bad', 'more']);
  });

  it('lets a message go on that had begun when parked messages did not hold it yet, and no other', async () => {
    const Passing = ledgerThat('park');
    node = await world.start([Passing]);
    await park(Passing);
    abandoned(node.ref(Passing).ask.pay());
    await gate.reached();
    await node.ref(Passing).tell.add('later');
    await replace([Held]);
    expect(await node.ref(Held).ask.all()).toEqual(['paid']);
    await letters().retry(await theOnly());
    await settle();
    expect(await node.ref(Held).ask.all()).toEqual(['paid', 'bad', 'later']);
  });

  describe('under a supervisor', () => {
    async function supervised(): Promise<void> {
      @Supervisor({
        strategy: 'oneForAll',
        backoff: { kind: 'constant', delay: '10s' },
        children: [child(Held, 'a'), child(Held, 'b')],
      })
      class Top {}
      node = await world.start([Held], { providers: [Top] });
    }

    it('waits with an operator’s decision until the crashed instance is replaced', async () => {
      await supervised();
      await node.ref(Held).ask.add('first');
      isBroken = true;
      await node.ref(Held).tell.add('bad');
      while ((await letters().list()).letters.length === 0) await env.advance('1s');
      isBroken = false;
      let isDecided = false;
      const retried = letters()
        .retry(await theOnly())
        .then(() => (isDecided = true));
      await settle();
      expect(isDecided).toBe(false); // its supervisor has not let it go on yet
      await env.advance('30s');
      await retried;
      expect(await node.ref(Held).ask.all()).toEqual(['first', 'bad']);
    });

    it('is no reason for the others to stand still when they are restarted together', async () => {
      await supervised();
      isBroken = true;
      await node.ref(Held).tell.add('bad');
      while ((await letters().list()).letters.length === 0) await env.advance('1s');
      await env.advance('30s');
      const failed = node.ref(Held, 'b').ask.add('bad');
      failed.catch(() => undefined);
      await env.advance('30s');
      isBroken = false;
      await expect(failed).rejects.toThrow('toxic');
      const added = node.ref(Held, 'b').ask.add('more');
      await env.advance('30s');
      expect(await added).toEqual(['more']);
    });
  });
});
