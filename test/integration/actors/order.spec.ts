import {
  Actor,
  type ActorRef,
  Facet,
  Handle,
  MailboxFullError,
  State,
  UseFacets,
  actorContext,
  durability,
  facet,
  virtualActor,
} from 'plexspaces';
import { ManualClock } from 'plexspaces/testing';
import { z } from 'zod';
import { type App, closeApps, startApp } from '../../support/app';
import { Gate, settle } from '../../support/gate';
import { DURABLE, KINDS, PLAIN, removeFiles } from '../../support/kinds';

afterEach(closeApps);
afterAll(removeFiles);

let gate = new Gate();
beforeEach(() => {
  gate = new Gate();
});

class Log {
  @State() lines: string[] = [];

  @Handle() add(line: string): number {
    return this.lines.push(line);
  }
  @Handle({ schema: z.string() }) checked(line: string): number {
    return this.lines.push(line);
  }
  @Handle() async hold(line: string): Promise<void> {
    await gate.pass();
    this.lines.push(line);
  }
  @Handle({ readOnly: true }) all(): string[] {
    return this.lines;
  }
}

const lines = (count: number): string[] => Array.from({ length: count }, (_, i) => `line ${i}`);

describe.each(KINDS)('order before $name', (kind) => {
  it('keeps the order of one ref’s messages, tells and asks mixed', async () => {
    const cls = kind.virtual(Log);
    const app = await startApp({ actors: [cls], storage: kind.storage() });
    const log = app.client(cls).ref('a');
    const sent = lines(60).map((line, i) => (i % 3 === 0 ? log.ask.add(line) : log.tell.add(line)));
    await Promise.all(sent);
    expect(await log.ask.all()).toEqual(lines(60));
  });

  it('lets no ask overtake an earlier tell to an actor that was spawned', async () => {
    const cls = kind.regular(Log);
    const app = await startApp({ actors: [cls], storage: kind.storage() });
    const log = await app.client(cls).spawn('a');
    const tells = [log.tell.add('1'), log.tell.add('2')];
    expect(await log.ask.add('3')).toBe(3);
    await Promise.all(tells);
    expect(await log.ask.all()).toEqual(['1', '2', '3']);
  });

  it('lets no ask overtake an earlier tell whose arguments are still being checked', async () => {
    const cls = kind.virtual(Log);
    const app = await startApp({ actors: [cls], storage: kind.storage() });
    const log = app.client(cls).ref('a');
    await log.ask.add('0');
    const tell = log.tell.checked('1');
    const ask = log.ask.add('2');
    await Promise.all([tell, ask]);
    expect(await log.ask.all()).toEqual(['0', '1', '2']);
  });

  it('shows a read-only ask the effect of an earlier tell through the same ref', async () => {
    const cls = kind.virtual(Log);
    const app = await startApp({ actors: [cls], storage: kind.storage() });
    const log = app.client(cls).ref('a');
    const tell = log.tell.hold('first');
    const read = log.ask.all();
    await gate.reached;
    expect(await app.client(cls).ref('a').ask.all()).toEqual([]);
    gate.open();
    expect(await read).toEqual(['first']);
    await tell;
  });

  it('answers read-only asks beside a turn that holds the line', async () => {
    const cls = kind.virtual(Log);
    const app = await startApp({ actors: [cls], storage: kind.storage() });
    const clients = app.client(cls);
    await clients.ref('a').ask.add('before');
    const held = clients.ref('a').ask.hold('held');
    await gate.reached;
    expect(await clients.ref('a').ask.all()).toEqual(['before']);
    gate.open();
    await held;
    expect(await clients.ref('a').ask.all()).toEqual(['before', 'held']);
  });
});

describe.each([PLAIN, DURABLE])('reads of $name after a message that was never delivered', (kind) => {
  it('do not wait for a tell that was refused because the mailbox was full', async () => {
    const cls = kind.virtual(Log, { mailbox: { maxMessages: 1 } });
    const app = await startApp({ actors: [cls], storage: kind.storage() });
    const log = app.client(cls).ref('a');
    const held = log.ask.hold('held');
    await gate.reached;
    const waits = log.ask.add('waits');
    await expect(log.tell.add('refused')).rejects.toThrow(MailboxFullError);
    gate.open();
    await Promise.all([held, waits]);
    expect(await log.with({ timeout: '2s' }).ask.all()).toEqual(['held', 'waits']);
  });

  it('do not wait for a delayed tell', async () => {
    const env = new ManualClock();
    const cls = kind.virtual(Log);
    const app = await startApp({ actors: [cls], env, storage: kind.storage() });
    const log = app.client(cls).ref('a');
    await log.with({ delay: '1h' }).tell.add('later');
    const read = log.ask.all();
    await env.advance('1m');
    expect(await read).toEqual([]);
    await env.advance('1h');
    expect(await log.ask.all()).toEqual(['later']);
  });

  it('do not wait for what a facet’s admission looked at', async () => {
    @Facet({ name: 'doorkeeper', priority: 1000, category: 'security' })
    class Doorkeeper implements Facet {
      admit(): void {
        return undefined;
      }
    }
    @Actor({ type: 'guarded' })
    @UseFacets(facet('doorkeeper'), virtualActor(), ...(kind.isDurable ? [durability()] : []))
    class Guarded extends Log {}
    const app = await startApp({ actors: [Guarded], providers: [Doorkeeper], storage: kind.storage() });
    const log = app.client(Guarded).ref('a');
    expect(await log.ask.add('1')).toBe(1);
    expect(await log.with({ timeout: '2s' }).ask.all()).toEqual(['1']);
  });
});

describe.each([PLAIN, DURABLE])('order of what an actor sends to $name', (kind) => {
  const receivers: { log?: (key: string) => ActorRef<Log> } = {};
  const to = (key: string): ActorRef<Log> => receivers.log!(key);

  class Writer {
    @Handle() async tellAll(key: string, texts: string[]): Promise<void> {
      const ref = to(key);
      for (const text of texts) await ref.tell.add(text);
    }
    @Handle() async tellNobody(): Promise<void> {
      await to('nobody').tell.add('lost');
    }
    @Handle() async tellThenFail(key: string): Promise<void> {
      await to(key).tell.add('undone');
      throw new Error('after the tell');
    }
    @Handle() async tellThenAsk(key: string): Promise<unknown> {
      await to(key).tell.add('told');
      return to(key).ask.add('asked');
    }
    @Handle() async tellLater(key: string): Promise<void> {
      await to(key).with({ delay: '1h' }).tell.add('later');
    }
    @Handle() async read(key: string): Promise<string[]> {
      return to(key).with({ timeout: '2s' }).ask.all();
    }
    @Handle() async askAll(key: string, texts: string[]): Promise<number[]> {
      return Promise.all(texts.map((text) => to(key).ask.add(text)));
    }
  }

  async function open(maxMessages = 10_000): Promise<{ app: App; writer: ActorRef<Writer>; log: ActorRef<Log> }> {
    const Logs = kind.virtual(Log, { type: 'log', mailbox: { maxMessages } });
    const Regulars = kind.regular(Log, { type: 'regular' });
    const Writers = kind.virtual(Writer, { type: 'writer' });
    const app = await startApp({ actors: [Logs, Regulars, Writers], storage: kind.storage() });
    receivers.log = (key) => actorContext().actor(key === 'nobody' ? Regulars : Logs, key);
    return { app, writer: app.client(Writers).ref('w'), log: app.client(Logs).ref('l') };
  }

  it('is that of the sending, over turns', async () => {
    const { writer, log } = await open();
    const all = lines(40);
    const turns = [0, 10, 20].map((from) => writer.tell.tellAll('l', all.slice(from, from + 10)));
    turns.push(writer.ask.askAll('l', all.slice(30)).then(() => undefined));
    await Promise.all(turns);
    await writer.ask.read('l');
    expect(await log.ask.all()).toEqual(all);
  });

  it('a tell leaves with the commit, and a failed turn sends nothing', async () => {
    const { writer, log } = await open();
    await expect(writer.ask.tellThenFail('l')).rejects.toThrow('after the tell');
    await settle();
    expect(await log.ask.all()).toEqual([]);
  });

  it('a later read is not held up by a tell that went down with its turn', async () => {
    const { writer } = await open();
    await expect(writer.ask.tellThenFail('l')).rejects.toThrow('after the tell');
    expect(await writer.ask.read('l')).toEqual([]);
  });

  it('a later read is not held up by a delayed tell', async () => {
    const { writer } = await open();
    await writer.ask.tellLater('l');
    expect(await writer.ask.read('l')).toEqual([]);
  });

  it('what was committed is delivered in order even where the mailbox is full; without a journal its loss is logged', async () => {
    const { app, writer, log } = await open(2);
    const held = log.ask.hold('held');
    await gate.reached;
    await writer.ask.tellAll('l', lines(5));
    gate.open();
    await held;
    await log.ask.all();
    await writer.ask.tellAll('l', ['last']);
    const expected = kind.isDurable ? [...lines(5), 'last'] : [...lines(2), 'last'];
    expect(await writer.ask.read('l')).toEqual(['held', ...expected]);
    const lost = /^add from default\/default\/writer\/w is lost: .* is full/;
    expect(app.complaints).toEqual(kind.isDurable ? [] : lines(3).map(() => expect.stringMatching(lost) as string));
  });

  it('a tell to an actor that is not there, and keeps no inbox, is logged', async () => {
    const { app, writer } = await open();
    if (kind.isDurable) return;
    await writer.ask.tellNobody();
    await settle();
    expect(app.complaints).toEqual([expect.stringMatching(/does not exist/)]);
  });

  it('an ask to whom the turn has an uncommitted tell is a TurnOrderError', async () => {
    const { writer, log } = await open();
    await expect(writer.ask.tellThenAsk('l')).rejects.toMatchObject({ code: 'PS_TURN_ORDER' });
    expect(await log.ask.all()).toEqual([]);
  });
});

describe.each([PLAIN, DURABLE])('the mailbox of $name', (kind) => {
  it('is bounded by count: MailboxFullError says when to come back, and the rest is handled', async () => {
    const cls = kind.virtual(Log, { mailbox: { maxMessages: 3 } });
    const app = await startApp({ actors: [cls], storage: kind.storage() });
    const log = app.client(cls).ref('a');
    const held = log.ask.hold('held');
    await gate.reached;
    const waiting = [log.tell.add('1'), log.ask.add('2'), log.tell.add('3')];
    const refusals = await Promise.allSettled([log.tell.add('4'), log.ask.add('5')]);
    for (const refusal of refusals) {
      expect(refusal).toMatchObject({ reason: { code: 'PS_MAILBOX_FULL', retryable: true, actor: log.actorId } });
      expect((refusal as { reason: MailboxFullError }).reason.retryAfter).toBeGreaterThan(0);
    }
    gate.open();
    await Promise.all([held, ...waiting]);
    expect(await app.client(cls).ref('a').ask.all()).toEqual(['held', '1', '2', '3']);
  });

  it('does not hold up read-only asks, which pass it', async () => {
    const cls = kind.virtual(Log, { mailbox: { maxMessages: 1 } });
    const app = await startApp({ actors: [cls], storage: kind.storage() });
    const log = app.client(cls).ref('a');
    const held = log.ask.hold('held');
    await gate.reached;
    const waits = log.ask.add('waits');
    expect(await app.client(cls).ref('a').ask.all()).toEqual([]);
    gate.open();
    await Promise.all([held, waits]);
  });

  it('is bounded by bytes, also where an argument is one long string', async () => {
    const cls = kind.virtual(Log, { mailbox: { maxBytes: 10_000 } });
    const app = await startApp({ actors: [cls], storage: kind.storage() });
    const log = app.client(cls).ref('a');
    const held = log.ask.hold('held');
    await gate.reached;
    const first = log.ask.add('x'.repeat(6_000));
    await expect(log.tell.add('y'.repeat(6_000))).rejects.toThrow(/10000 bytes/);
    gate.open();
    await Promise.all([held, first]);
    expect(await log.ask.add('z')).toBe(3);
  });
});
