import {
  type ActorRef,
  type Down,
  Facet,
  type FacetCommit,
  Handle,
  type ReplyToken,
  State,
  type TellPort,
  TerminalError,
  actorContext,
  durability,
  facet,
  virtualActor,
} from 'plexspaces';
import { TimerFacet, timer, timers } from 'plexspaces/facets/timer';
import { ManualClock } from 'plexspaces/testing';
import { type App, closeApps, startApp } from '../../support/app';
import { Gate, settle } from '../../support/gate';
import { actorOf, DURABLE, PLAIN } from '../../support/kinds';

afterEach(closeApps);

let gate: Gate;
let audited: string[] = [];
let refuses = '';
beforeEach(() => {
  gate = new Gate();
  audited = [];
  refuses = '';
});

@Facet({ name: 'audit', priority: 10, category: 'infrastructure' })
class Audit implements Facet {
  async onCommit({ message }: FacetCommit): Promise<void> {
    await settle(1);
    if (message.messageType === refuses) throw new TerminalError('audit log is full');
    audited.push(message.messageType);
  }
}

/** Asks its partner, which asks back. */
class Order {
  @State() total = 10;
  @State() log: string[] = [];
  @State() owed: ReplyToken<string> | null = null;

  @Handle() request(): ReplyToken<string> {
    return (this.owed = actorContext().deferReply<string>());
  }

  @Handle() down({ reason }: Down): void {
    this.log.push(`down ${reason}`);
  }

  @Handle() async place(what: string): Promise<string> {
    this.total = 20;
    const answer = await partner().ask.check(what);
    this.log.push(`placed ${answer}`);
    return `${answer}, total ${this.total}`;
  }

  @Handle() async placeAndCatch(what: string): Promise<string> {
    return partner()
      .ask.check(what)
      .catch((error: Error) => `caught ${error.message}`);
  }

  @Handle() async placeUnawaited(): Promise<void> {
    this.total = 21;
    void partner()
      .ask.check('slow')
      .catch(() => undefined);
    await gate.reached;
  }

  @Handle() async placeAndThrow(what = 'price'): Promise<void> {
    await partner().ask.check(what);
    throw new Error('after the call');
  }

  @Handle({ reentrant: true }) async details(what: string): Promise<number> {
    this.log.push(`asked for ${what}`);
    if (what === 'note') await notes().tell.take('from inside');
    if (what === 'fail') {
      this.total = -1;
      throw new Error('no details');
    }
    if (what === 'slow') await gate.pass();
    if (what === 'timer') timers<Order>(actorContext()).scheduleOnce('later', '1s', 'bump');
    if (what === 'monitor') actorContext().monitor(partner(), 'down');
    if (what === 'reply') actorContext().reply(this.owed as ReplyToken<string>, 'from inside');
    if (what === 'defer') actorContext().deferReply();
    return this.total++;
  }

  @Handle({ reentrant: true }) async again(): Promise<number> {
    return partner().ask.deep();
  }

  @Handle({ reentrant: true }) bump(): number {
    return ++this.total;
  }

  @Handle({ readOnly: true }) look(): { total: number; log: string[] } {
    return { total: this.total, log: this.log };
  }
}

class Partner {
  @Handle() async check(what: string): Promise<string> {
    if (what === 'again') return `${await order().ask.again()}`;
    return `${what} ${await order().ask.details(what)}`;
  }

  @Handle() async deep(): Promise<number> {
    return order().ask.bump();
  }
}

class Notes {
  @State() taken: string[] = [];
  @Handle() take(note: string): void {
    this.taken.push(note);
  }
  @Handle({ readOnly: true }) all(): string[] {
    return this.taken;
  }
}

const Orders = actorOf(Order, { type: 'order' }, virtualActor(), timer(), facet('audit'));
const Partners = PLAIN.virtual(Partner, { type: 'partner' });
const Notebooks = PLAIN.virtual(Notes, { type: 'notes' });
const partner = (): ActorRef<Partner> => actorContext().actor(Partners, 'p');
const order = (): ActorRef<Order> => actorContext().actor(Orders, 'o');
const notes = (): { tell: TellPort<Notes> } => actorContext().actor(Notebooks, 'n');

let client: App;

async function open(): Promise<{ app: App; env: ManualClock; ref: ActorRef<Order>; noted: () => Promise<string[]> }> {
  const env = new ManualClock();
  const app = await startApp({ actors: [Orders, Partners, Notebooks], providers: [TimerFacet, Audit], env });
  client = app;
  return { app, env, ref: app.client(Orders).ref('o'), noted: () => app.client(Notebooks).ref('n').ask.all() };
}

describe('a reentrant handler', () => {
  it('runs inside the turn that waits for it, on its live state', async () => {
    const { ref } = await open();
    expect(await ref.ask.place('price')).toBe('price 20, total 21');
    expect(await ref.ask.look()).toEqual({ total: 21, log: ['asked for price', 'placed price 20'] });
  });

  it('may be called from a call that came in itself', async () => {
    const { ref, app } = await open();
    await expect(ref.ask.place('again')).rejects.toMatchObject({ code: 'PS_CALL_CYCLE' }); // Partner.deep is not reentrant
    expect(await ref.ask.look()).toEqual({ total: 10, log: [] });
    expect(app.complaints).toEqual([]);
  });

  it('stands in line like any other when nobody there waits for it', async () => {
    const { ref, app } = await open();
    const placed = ref.ask.place('slow');
    await gate.reached;
    const other = ref.ask.bump();
    await settle();
    expect(await app.client(Orders).ref('o').ask.look()).toEqual({ total: 10, log: [] });
    gate.open();
    expect([await placed, await other]).toEqual(['slow 20, total 21', 22]);
  });

  it('sends what it sends with the turn', async () => {
    const { ref, noted } = await open();
    await ref.ask.place('note');
    await settle();
    expect(await noted()).toEqual(['from inside']);
  });

  it('plans, watches and answers late with the turn; facets add to its commit', async () => {
    const { ref, env } = await open();
    const owed = ref.ask.request();
    expect(await ref.ask.place('reply')).toBe('reply 20, total 21');
    expect(await owed).toBe('from inside');
    await ref.ask.place('timer');
    await env.advance('1s');
    expect((await ref.ask.look()).total).toBe(22);
    await ref.ask.place('monitor');
    await client.client(Partners).ref('p').stop();
    await env.settle();
    expect((await ref.ask.look()).log).toContain('down normal');
    expect(audited.slice(0, 3)).toEqual(['request', 'details', 'place']);
  });

  it('does none of that when the turn comes to nothing', async () => {
    const { ref, env } = await open();
    const owed = ref.ask.request();
    const seen: unknown[] = [];
    owed.then((value) => seen.push(value)).catch(() => undefined);
    for (const what of ['reply', 'timer', 'monitor'])
      await expect(ref.ask.placeAndThrow(what)).rejects.toThrow('after the call');
    await client.client(Partners).ref('p').stop();
    await env.advance('2s');
    expect(seen).toEqual([]);
    expect(await ref.ask.look()).toEqual({ total: 10, log: [] });
    expect(await ref.ask.place('reply')).toBe('reply 20, total 21'); // it is owed still
    expect(await owed).toBe('from inside');
  });

  it('undoes the turn when a facet refuses its commit', async () => {
    const { ref } = await open();
    refuses = 'details';
    await expect(ref.ask.place('price')).rejects.toThrow('audit log is full');
    expect(await ref.ask.look()).toEqual({ total: 10, log: [] });
  });

  it('cannot put off its answer, which the turn waits for', async () => {
    const { ref } = await open();
    await expect(ref.ask.place('defer')).rejects.toMatchObject({ code: 'PS_DEFERRED_REPLY', problem: 'reentrant' });
  });

  it('is undone with the turn, what it sent included', async () => {
    const { ref, noted } = await open();
    await expect(ref.ask.placeAndThrow()).rejects.toThrow('after the call');
    expect(await ref.ask.look()).toEqual({ total: 10, log: [] });
    expect(await noted()).toEqual([]);
  });

  it('undoes the turn when it throws, whatever the turn catches: its changes cannot be told apart', async () => {
    const { ref } = await open();
    await expect(ref.ask.placeAndCatch('fail')).rejects.toThrow('no details');
    expect(await ref.ask.look()).toEqual({ total: 10, log: [] });
  });

  it('does not outlive the turn: one that nobody awaited undoes it', async () => {
    const { ref } = await open();
    await expect(ref.ask.placeUnawaited()).rejects.toMatchObject({ code: 'PS_TURN_ENDED' });
    gate.open();
    await settle();
    expect(await ref.ask.look()).toEqual({ total: 10, log: [] });
  });

  it('ends with an actor that is stopped brutally', async () => {
    const { ref } = await open();
    const placed = ref.ask.place('slow').catch((error: { code: string }) => error.code);
    await gate.reached;
    await ref.stop('brutal');
    expect(await placed).toBe('PS_ACTOR_TERMINATED');
    gate.open();
    await settle();
    expect(await ref.ask.bump()).toBe(11);
  });

  it('is refused at start on a durable actor, unless it only reads', async () => {
    const Kept = DURABLE.virtual(Order, { type: 'order' });
    await expect(startApp({ actors: [Kept] })).rejects.toMatchObject({
      code: 'PS_INVALID_ACTOR_CLASS',
      message: expect.stringMatching(/handler details is reentrant.*durability/),
    });
    class Reader {
      @Handle({ readOnly: true, reentrant: true }) look(): string {
        return 'seen';
      }
    }
    const app = await startApp({ actors: [actorOf(Reader, { type: 'reader' }, durability())] });
    expect(app.complaints).toEqual([]);
  });

  it('keeps durability from being attached', async () => {
    const { ref } = await open();
    await ref.activate();
    await expect(ref.facets.attach('durability')).rejects.toMatchObject({ code: 'PS_INVALID_ACTOR_CLASS' });
    expect(await ref.ask.bump()).toBe(11);
  });
});
