import {
  Actor,
  type ActorContext,
  type ActorRef,
  Ctx,
  Handle,
  State,
  StateMap,
  UseFacets,
  actorContext,
  virtualActor,
} from 'plexspaces';
import { type App, closeApps, startApp } from '../../support/app';
import { Gate } from '../../support/gate';
import { KINDS, type Kind, removeFiles } from '../../support/kinds';

afterEach(closeApps);
afterAll(removeFiles);

let gate = new Gate();
let inside = 0;
let overlap = 0;
beforeEach(() => {
  gate = new Gate();
  inside = overlap = 0;
});

class Account {
  @State() balance = 0;
  @State() lines: { text: string; tags: string[] }[] = [];
  @State() readonly byTag = new StateMap<string, number>();

  @Handle() add(by: number): number {
    return (this.balance += by);
  }
  @Handle() async addSlowly(by: number): Promise<number> {
    overlap = Math.max(overlap, ++inside);
    const before = this.balance;
    await gate.pass();
    this.balance = before + by;
    inside--;
    return this.balance;
  }
  @Handle() async held(text: string): Promise<void> {
    await gate.pass();
    this.lines.push({ text, tags: [] });
  }
  @Handle() note(line: { text: string; tags: string[] }): { text: string; tags: string[] } {
    this.lines.push(line);
    line.tags.push('seen');
    return line;
  }
  @Handle() tag(name: string): number {
    this.byTag.set(name, (this.byTag.get(name) ?? 0) + 1);
    return this.byTag.size;
  }
  @Handle({ readOnly: true }) current(): number {
    return this.balance;
  }
  @Handle({ readOnly: true }) texts(): string[] {
    return this.lines.map(({ text }) => text);
  }
  @Handle({ readOnly: true }) all(): { text: string; tags: string[] }[] {
    return this.lines;
  }
  @Handle() who(@Ctx() ctx: ActorContext): string {
    return `${ctx.self.type}/${ctx.self.key} ${actorContext() === ctx}`;
  }
}

async function open(kind: Kind): Promise<{ app: App; ref: (key: string) => ActorRef<Account> }> {
  const cls = kind.virtual(Account);
  const app = await startApp({ actors: [cls], storage: kind.storage() });
  return { app, ref: (key) => app.client(cls).ref(key) };
}

describe.each(KINDS)('$name', (kind) => {
  it('[AX01] keeps private state, reached by messages only', async () => {
    const { ref } = await open(kind);
    const account = ref('a');
    expect([await account.ask.add(1), await account.ask.add(1), await account.ask.add(1)]).toEqual([1, 2, 3]);
    expect(await ref('b').ask.current()).toBe(0);
    expect(Object.keys(account)).not.toContain('balance');
    expect((account as unknown as Account).balance).toBeUndefined();
  });

  it('[AX02] handles 100 concurrent asks one at a time', async () => {
    const { ref } = await open(kind);
    const asks = Array.from({ length: 100 }, () => ref('a').ask.addSlowly(1));
    await gate.reached;
    gate.open();
    expect(new Set(await Promise.all(asks)).size).toBe(100);
    expect(await ref('a').ask.current()).toBe(100);
    expect(overlap).toBe(1);
  });

  it('[AX03] shares nothing: neither arguments nor answers nor state', async () => {
    const { ref } = await open(kind);
    const line = { text: 'mine', tags: ['x'] };
    const answer = await ref('a').ask.note(line);
    expect(line).toEqual({ text: 'mine', tags: ['x'] });
    expect(answer).toEqual({ text: 'mine', tags: ['x', 'seen'] });
    line.tags.push('later');
    answer.tags.push('later');
    answer.text = 'changed';
    expect(await ref('a').ask.all()).toEqual([{ text: 'mine', tags: ['x', 'seen'] }]);
    await ref('b').ask.note(line);
    expect(await ref('a').ask.all()).toEqual([{ text: 'mine', tags: ['x', 'seen'] }]);
  });

  it('[AX03] changes no state of another actor of the same class, collections included', async () => {
    const { ref } = await open(kind);
    expect([await ref('a').ask.tag('x'), await ref('a').ask.tag('y'), await ref('b').ask.tag('x')]).toEqual([1, 2, 1]);
  });

  it('[AX06] queues what comes while a message is handled, in the order sent', async () => {
    const { ref } = await open(kind);
    const account = ref('a');
    const sent = ['1', '2', '3', '4', '5'].map((text) => account.tell.held(text));
    await gate.reached;
    await Promise.all(sent);
    expect((await account.info()).waiting).toBe(4);
    gate.open();
    expect(await account.ask.texts()).toEqual(['1', '2', '3', '4', '5']);
  });

  it('gives handlers their context, as a parameter and from anywhere they await', async () => {
    const { ref } = await open(kind);
    expect(await ref('k').ask.who()).toBe('subject/k true');
  });
});

describe('an actor class without any facet', () => {
  @Actor({ type: 'bare' })
  class Bare extends Account {}

  it('[AX05] is spawned, takes tell and ask, and stops', async () => {
    const app = await startApp({ actors: [Bare] });
    const bare = await app.client(Bare).spawn('a');
    await bare.tell.add(2);
    expect(await bare.ask.add(3)).toBe(5);
    expect(await bare.history.entries()).toEqual([]);
    await bare.stop();
    await expect(bare.ask.add(1)).rejects.toMatchObject({ code: 'PS_ACTOR_TERMINATED' });
  });
});

describe('facets that wrap nothing', () => {
  @Actor({ type: 'free' })
  @UseFacets(virtualActor())
  class Free extends Account {}

  it('cost no turn: a synchronous handler answers many asks of one tick in one tick', async () => {
    const app = await startApp({ actors: [Free] });
    const free = app.client(Free).ref('a');
    await free.ask.add(0);
    const order: string[] = [];
    const asks = Array.from({ length: 200 }, () => free.ask.add(1));
    const answers = Promise.all(asks).then(() => order.push('answers'));
    setImmediate(() => order.push('next tick'));
    await answers;
    await new Promise<void>((resolve) => setImmediate(resolve));
    expect(order).toEqual(['answers', 'next tick']);
  });
});
