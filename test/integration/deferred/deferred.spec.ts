import type { Type } from '@nestjs/common';
import { type ActorRef, DeadLetters, type ReplyToken, Supervisor, child } from 'plexspaces';
import { ManualClock } from 'plexspaces/testing';
import { type App, closeApps, startApp } from '../../support/app';
import { settle } from '../../support/gate';
import { DURABLE, KINDS, type Kind, ON_SQLITE, PLAIN, removeFiles } from '../../support/kinds';
import { Desk } from './desk';

afterEach(closeApps);
afterAll(removeFiles);

interface Opened {
  readonly app: App;
  readonly env: ManualClock;
  readonly desk: ActorRef<Desk>;
  ref(key: string): ActorRef<Desk>;
}

async function open(kind: Kind): Promise<Opened> {
  const cls = kind.virtual(Desk);
  const env = new ManualClock();
  const app = await startApp({ actors: [cls], env, storage: kind.storage() });
  return { app, env, desk: app.client(cls).ref('a'), ref: (key) => app.client(cls).ref(key) };
}

async function codeOf(outcome: Promise<unknown>): Promise<string> {
  const error = await outcome.then(
    () => new Error('it resolved'),
    (error: unknown) => error as Error,
  );
  return (error as { code?: string }).code ?? error.message;
}

function watch(ask: Promise<unknown>): { outcome: unknown } {
  const seen: { outcome: unknown } = { outcome: 'waiting' };
  ask.then(
    (value) => (seen.outcome = value),
    (error: unknown) => (seen.outcome = (error as { code?: string }).code ?? String(error)),
  );
  return seen;
}

describe.each(KINDS)('an answer that is put off by $name', (kind) => {
  it('is given by a later turn; other messages are handled in between', async () => {
    const { desk } = await open(kind);
    const asked: Promise<string> = desk.ask.request('a');
    const seen = watch(asked);
    await desk.ask.seen();
    expect(await desk.ask.decide('b', 'x').catch((error: Error) => error.message)).toBe('b is not waiting');
    await settle();
    expect(seen.outcome).toBe('waiting');
    expect(await desk.ask.decide('a', 'yes')).toBe(1);
    expect(await asked).toBe('yes');
  });

  it('may be given by the turn that has put it off, and as an error', async () => {
    const { desk } = await open(kind);
    expect(await desk.ask.atOnce()).toBe('at once');
    const asked = watch(desk.ask.request('a'));
    await desk.ask.refuse('a');
    await settle();
    expect(asked.outcome).toBe('REFUSED');
  });

  it('is none when the turn that puts it off fails: the asker hears so at once', async () => {
    const { desk } = await open(kind);
    await expect(desk.ask.requestAndFail()).rejects.toThrow('no');
    expect((await desk.ask.seen()).spent).toEqual([]);
  });

  it('stays owed when the turn that gives it fails (P4, P7)', async () => {
    const { desk } = await open(kind);
    const asked = desk.ask.request('a');
    const seen = watch(asked);
    await expect(desk.ask.decideAndFail('a')).rejects.toThrow('changed its mind');
    await settle();
    expect(seen.outcome).toBe('waiting');
    await desk.ask.decide('a', 'yes');
    expect(await asked).toBe('yes');
  });

  it('can be passed on: the end of a message to itself is the answer, result or error', async () => {
    const { desk } = await open(kind);
    const [good, bad] = [desk.ask.request('good'), desk.ask.request('bad')];
    const failed = watch(bad);
    await desk.ask.passOn('good', false);
    await desk.ask.passOn('bad', true);
    expect(await good).toBe('good is done');
    await desk.ask.decide('x', '').catch(() => undefined); // stands in line behind it
    expect(failed.outcome).toBe('PS_TERMINAL');
  });

  it('survives the asker: its time is up, and the late answer finds nobody', async () => {
    const { desk, env, app } = await open(kind);
    const asked = watch(desk.with({ timeout: '5s' }).ask.request('a'));
    await desk.ask.seen();
    await env.advance('6s');
    expect(asked.outcome).toBe('PS_ASK_TIMEOUT');
    expect(app.system.deferred.waitingFor(desk.actorId)).toEqual([]);
    expect(await desk.ask.decide('a', 'late')).toBe(1);
  });

  it('survives that the actor leaves memory meanwhile', async () => {
    const { desk, env } = await open(kind);
    const asked = desk.with({ timeout: '1h' }).ask.request('a');
    await desk.ask.seen();
    await settle();
    await env.advance('10m');
    while ((await desk.info()).state !== 'Inactive') await settle(1);
    await desk.ask.decide('a', 'yes');
    expect(await asked).toBe('yes');
  });

  it('is an error when the node stops', async () => {
    const { desk, app } = await open(kind);
    const asked = watch(desk.ask.request('a'));
    await desk.ask.seen();
    await app.close();
    expect(asked.outcome).toBe('PS_NODE_STOPPING');
  });

  it('in a tell is owed to nobody', async () => {
    const { desk } = await open(kind);
    await desk.tell.request('a');
    expect(await desk.ask.decide('a', 'yes')).toBe(1);
  });
});

describe.each([PLAIN, DURABLE])(
  'a token misused on $name: the turn leaves no trace, its asker gets the error',
  (kind) => {
    async function spent(desk: ActorRef<Desk>): Promise<ReplyToken<string>> {
      const asked = desk.ask.request('a');
      await desk.ask.decide('a', 'yes');
      await asked;
      return (await desk.ask.seen()).spent[0] as ReplyToken<string>;
    }

    const never = { messageId: 'x', since: Number.MAX_SAFE_INTEGER };

    it.each([
      ['answered twice', async (desk: ActorRef<Desk>) => desk.ask.replyTo(await spent(desk)), 'unknown'],
      ['never made', (desk: ActorRef<Desk>) => desk.ask.replyTo({ ...never, actor: desk.actorId }), 'unknown'],
      [
        'of another actor',
        (desk: ActorRef<Desk>) => desk.ask.replyTo({ ...never, actor: 'default/default/subject/z' }),
        'foreign',
      ],
      ['no token', (desk: ActorRef<Desk>) => desk.ask.replyTo('soon'), 'malformed'],
      ['nothing', (desk: ActorRef<Desk>) => desk.ask.replyTo(null), 'malformed'],
      ['deferred twice', (desk: ActorRef<Desk>) => desk.ask.requestTwice(), 'twice'],
    ])('%s', async (_, misuse, problem) => {
      const { desk } = await open(kind);
      const error: unknown = await misuse(desk).catch((error: unknown) => error);
      expect(error).toMatchObject({ code: 'PS_DEFERRED_REPLY', problem });
      const { requests, decisions } = await desk.ask.seen();
      expect(decisions).toBe(requests); // both of the one that was answered as it should be, if any
    });

    it('in onCreate, in a side effect, in a read-only handler, and as an option where it means nothing', async () => {
      const { desk, ref } = await open(kind);
      const create = ref('new').orCreate as unknown as (this: ActorRef<Desk>, defer: boolean) => Promise<unknown>;
      expect(await codeOf(create.call(ref('new'), true))).toBe('PS_DEFERRED_REPLY');
      expect(await desk.ask.requestInEffect()).toBe('PS_NO_ACTOR_CONTEXT');
      expect(await codeOf(desk.ask.deferWhileReading())).toBe('PS_READ_ONLY_VIOLATION');
      const replyTo = await spent(desk);
      expect(await codeOf(desk.with({ replyTo }).tell.workOn('a', false))).toBe('PS_INVALID_MESSAGE_OPTION');
      expect(await codeOf(desk.with({ replyTo }).ask.workOn('a', false))).toBe('PS_INVALID_MESSAGE_OPTION');
      expect(() => desk.with({ replyTo: 'x' as never })).toThrow('replyTo');
    });

    it('older than ids are kept: it has expired', async () => {
      const { desk, env } = await open(kind);
      const asked = watch(desk.with({ timeout: '48h' }).ask.request('a'));
      await settle();
      await env.advance('25h');
      expect(await codeOf(desk.ask.decide('a', 'too late'))).toBe('PS_DEFERRED_REPLY');
      expect(asked.outcome).toBe('waiting');
    });
  },
);

describe('an answer that is put off by an actor without virtualActor()', () => {
  it.each([PLAIN, DURABLE])('is an error when $name is stopped', async (kind) => {
    const cls = kind.regular(Desk);
    const app = await startApp({ actors: [cls], storage: kind.storage() });
    const desk = await app.client(cls).spawn('a');
    const asked = watch(desk.ask.request('a'));
    await settle();
    await desk.stop();
    await settle();
    expect(asked.outcome).toBe('PS_ACTOR_TERMINATED');
  });
});

describe.each([DURABLE, ON_SQLITE])('under an idempotency key, an answer put off by $name', (kind) => {
  it.each([
    ['given later', (desk: ActorRef<Desk>) => desk.ask.decide('a', 'old')],
    [
      'passed on, and put off once more',
      async (desk: ActorRef<Desk>) => {
        await desk.ask.passOnAndWait('a');
        await desk.ask.decide('a', 'old');
      },
    ],
  ])('%s, is not that of a later ask under the same key', async (_, decide) => {
    const { app, desk, env } = await open(kind);
    const { inbox } = app.system.storage;
    const asking = desk.with({ idempotencyKey: 'k', timeout: '40h' });
    const first = asking.ask.request('a');
    await desk.ask.seen();
    await env.advance('20h');
    await decide(desk);
    expect(await first).toBe('old');
    expect(await asking.ask.request('a')).toBe('old');
    await env.advance('5h');
    await inbox.sweep(env.now(), 1_000);

    const second = asking.ask.request('a');
    await desk.ask.seen();
    const repeat = watch(asking.ask.request('a'));
    await settle();
    expect(repeat.outcome).toBe('waiting');
    await desk.ask.decide('a', 'new');
    expect(await second).toBe('new');
    await settle();
    expect(repeat.outcome).toBe('new');
  });

  it('passed on to a message that is parked and then discarded, is an error for every repeat', async () => {
    const { app, desk } = await open(kind);
    const asking = desk.with({ idempotencyKey: 'k' });
    const first = watch(asking.ask.request('a'));
    await desk.ask.passOnToBroken('a');
    while (first.outcome === 'waiting') await settle(1);
    expect(first.outcome).toBe('PS_MESSAGE_PARKED');
    const repeat = watch(asking.ask.request('a'));
    await settle();
    expect(repeat.outcome).toBe('waiting'); // an operator may mend it still
    const letters = app.module.get(DeadLetters);
    const [letter] = (await letters.list()).letters;
    await letters.discard(letter!, 'no use');
    while (repeat.outcome === 'waiting') await settle(1);
    expect(repeat.outcome).toBe('PS_MESSAGE_DISCARDED');
    expect(await codeOf(asking.ask.request('a'))).toBe('PS_MESSAGE_DISCARDED');
  });
});

it('an answer passed on to a parked message of an actor that is stopped since is an error when that is discarded', async () => {
  const cls = DURABLE.regular(Desk);
  const app = await startApp({ actors: [cls], storage: DURABLE.storage() });
  const desk = await app.client(cls).spawn('a');
  const asking = desk.with({ idempotencyKey: 'k' });
  const first = watch(asking.ask.request('a'));
  await desk.ask.passOnToBroken('a');
  await settle();
  expect(first.outcome).toBe('PS_MESSAGE_PARKED');
  await desk.stop();
  const letters = app.module.get(DeadLetters);
  const [letter] = (await letters.list()).letters;
  await letters.discard(letter!, 'no use');
  expect(await app.system.storage.inbox.find(desk.actorId, '$reply/key/0//k')).toMatchObject({ state: 'done' });
});

describe('an answer put off by a permanent child', () => {
  const tree = async (cls: Type<Desk>) => {
    class Top {}
    Supervisor({ strategy: 'oneForOne', children: [child(cls, 'a')] })(Top);
    const env = new ManualClock();
    const app = await startApp({ actors: [cls, Top], env });
    return { env, desk: app.client(cls).ref('a') };
  };

  it.each([
    ['virtual without a journal', PLAIN.virtual(Desk)],
    ['virtual with a journal', DURABLE.virtual(Desk)],
    ['with a journal', DURABLE.regular(Desk)],
  ])('outlives its stop: %s', async (_, cls) => {
    const { env, desk } = await tree(cls);
    const asked = watch(desk.ask.request('a'));
    await desk.ask.seen();
    await desk.stop();
    await env.settle();
    expect(asked.outcome).toBe('waiting');
    await desk.ask.decide('a', 'yes');
    await settle();
    expect(asked.outcome).toBe('yes');
  });

  it('that begins anew after a stop, with nothing of what it owed, is an error', async () => {
    const { env, desk } = await tree(PLAIN.regular(Desk));
    const asked = watch(desk.ask.request('a'));
    await desk.ask.seen();
    await desk.stop();
    await env.settle();
    expect(asked.outcome).toBe('PS_ACTOR_TERMINATED');
  });
});
