import {
  type ActorRef,
  Facet,
  type FacetCommit,
  Handle,
  SideEffect,
  State,
  actorContext,
  facet,
  virtualActor,
} from 'plexspaces';
import { ManualClock } from 'plexspaces/testing';
import { closeApps, startApp } from '../../support/app';
import { Gate } from '../../support/gate';
import { PLAIN, actorOf } from '../../support/kinds';

afterEach(closeApps);

let commit: Gate;
let answer: Gate;
let attempts: number;
let env: ManualClock;
beforeEach(() => {
  commit = new Gate();
  answer = new Gate();
  attempts = 0;
  env = new ManualClock();
});

@Facet({ name: 'audit', priority: 10, category: 'infrastructure' })
class Audit implements Facet {
  async onCommit({ message }: FacetCommit): Promise<void> {
    if (message.messageType === 'leave') await commit.pass();
  }
}

class Order {
  @State() total = 10;

  /** Returns while a call of it is under way. */
  @Handle() leave(how: string): void {
    void partner()
      .ask.later(how)
      .catch(() => undefined);
  }
  @Handle() async retry(): Promise<number> {
    const rate = await this.rate(partner());
    await commit.pass();
    return rate + this.total;
  }
  @Handle({ reentrant: true }) async change(how: string): Promise<void> {
    this.total = 99;
    if (how === 'throws') throw new Error('from inside');
    if (how === 'stays') await new Promise<void>(() => undefined);
  }
  @Handle() async price(): Promise<number> {
    return partner().ask.price();
  }
  @Handle({ reentrant: true }) async quote(): Promise<number> {
    const rate = await this.rate(actorContext().actor(Partners, 'other'));
    await commit.pass();
    return rate;
  }
  @Handle() async tellThenCall(): Promise<string> {
    await actorContext().actor(Partners, 'third').tell.note();
    return partner().ask.relay();
  }
  @Handle({ reentrant: true }) askThird(): Promise<string> {
    return actorContext()
      .actor(Partners, 'third')
      .ask.note()
      .catch((error: { code: string }) => error.code);
  }
  @Handle() async meet(): Promise<number> {
    await commit.pass();
    return partner().ask.tellBehind();
  }
  @Handle() seven(): void {
    this.total = 7;
  }
  @Handle({ reentrant: true }) current(): number {
    return this.total;
  }
  @Handle({ readOnly: true }) look(): number {
    return this.total;
  }
  @SideEffect({ timeout: '1s', retry: { maxAttempts: 2, initialDelay: '1ms', jitter: 'none' } })
  protected async rate(from: ActorRef<Partner>): Promise<number> {
    if (++attempts === 1) await from.ask.later('throws');
    return 5;
  }
}

class Partner {
  @Handle() async later(how: string): Promise<void> {
    await answer.pass();
    await actorContext().actor(Orders, 'o').ask.change(how);
  }
  @Handle() note(): string {
    return 'noted';
  }
  @Handle() relay(): Promise<string> {
    return actorContext().actor(Orders, 'o').ask.askThird();
  }
  @Handle() async hint(): Promise<void> {
    await actorContext().actor(Orders, 'o').tell.seven();
  }
  @Handle() tellBehind(): Promise<number> {
    return actorContext().actor(Orders, 'o').ask.current();
  }
  @Handle() price(): Promise<number> {
    return actorContext().actor(Orders, 'o').ask.quote();
  }
}

const Orders = actorOf(Order, { type: 'order' }, virtualActor(), facet('audit'));
const Partners = PLAIN.virtual(Partner, { type: 'partner' });
const partner = (): ActorRef<Partner> => actorContext().actor(Partners, 'p');

async function open(): Promise<ActorRef<Order>> {
  const app = await startApp({ actors: [Orders, Partners], providers: [Audit], env });
  return app.client(Orders).ref('o');
}

describe('a reentrant call', () => {
  it.each([
    ['throws', 'from inside'],
    ['stays', 'a promise was not awaited'],
  ])('that comes in while facets add to the commit, and %s, undoes the turn', async (how, message) => {
    const ref = await open();
    const left = expect(ref.ask.leave(how)).rejects.toThrow(message);
    await commit.reached;
    await answer.reached;
    answer.open();
    await env.settle();
    commit.open();
    await left;
    expect(await ref.ask.look()).toBe(10);
  });

  it('for an attempt of a side effect that is over stands in line: nothing there waits for it', async () => {
    const ref = await open();
    const retried = ref.ask.retry();
    await answer.reached;
    await env.advance('2s');
    await commit.reached;
    expect(attempts).toBe(2);
    answer.open();
    await env.settle();
    commit.open();
    expect(await retried).toBe(15);
  });

  it('that waits for nobody is in no deadlock, whatever an attempt that is over has asked for', async () => {
    const ref = await open();
    const asked = ref.ask.price();
    asked.catch(() => undefined);
    await answer.reached;
    await env.advance('1100ms');
    await commit.reached;
    await env.advance('200ms');
    commit.open();
    expect(await asked).toBe(5);
    answer.open();
    await env.settle();
  });

  it('does not overtake what the turn around it has told (P2)', async () => {
    const ref = await open();
    expect(await ref.ask.tellThenCall()).toBe('PS_TURN_ORDER');
  });

  it('passes what stands in line, its own sender’s included: the turn that holds the line waits for it', async () => {
    const app = await startApp({ actors: [Orders, Partners], providers: [Audit], env });
    const ref = app.client(Orders).ref('o');
    const met = ref.ask.meet();
    await commit.reached;
    await app.client(Partners).ref('p').ask.hint();
    commit.open();
    expect(await met).toBe(10);
    await env.settle();
    expect(await ref.ask.look()).toBe(7);
  });
});
