import { type ActorRef, DeadLetters } from 'plexspaces';
import { ManualClock } from 'plexspaces/testing';
import { type App, closeApps, startApp } from '../../support/app';
import { settle } from '../../support/gate';
import { DURABLE, KINDS, type Kind, ON_SQLITE, removeFiles } from '../../support/kinds';
import { Desk } from './desk';

// A key is asked for on Monday and, when ids of that age are forgotten, again on Tuesday. What is owed to one is not owed to the other.

afterEach(closeApps);
afterAll(removeFiles);

interface Opened {
  readonly app: App;
  readonly env: ManualClock;
  readonly desk: ActorRef<Desk>;
  /** Asks under the one key. */
  ask(name: string): Promise<string>;
  /** Until the key is forgotten. */
  nextDay(): Promise<void>;
}

async function open(kind: Kind): Promise<Opened> {
  const cls = kind.virtual(Desk);
  const env = new ManualClock();
  const app = await startApp({ actors: [cls], env, storage: kind.storage() });
  const desk = app.client(cls).ref('a');
  return {
    app,
    env,
    desk,
    ask: (name) => desk.with({ idempotencyKey: 'daily', timeout: '20h' }).ask.request(name),
    nextDay: async () => {
      await env.advance('25h');
      await app.system.storage.inbox.sweep(env.now(), 1_000);
    },
  };
}

function watch(ask: Promise<unknown>): { outcome: unknown } {
  const seen: { outcome: unknown } = { outcome: 'waiting' };
  ask.then(
    (value) => (seen.outcome = value),
    (error: unknown) => (seen.outcome = (error as { code?: string }).code ?? String(error)),
  );
  return seen;
}

describe.each(KINDS)('an answer owed under a key that is asked for again a day later: $name', (kind) => {
  it('is given with its own token only', async () => {
    const { desk, ask, nextDay } = await open(kind);
    watch(ask('monday'));
    await desk.ask.seen();
    await nextDay();
    const asked = watch(ask('tuesday'));
    await desk.ask.seen();
    await expect(desk.ask.decide('monday', 'old')).rejects.toMatchObject({ problem: 'expired' });
    await settle();
    expect(asked.outcome).toBe('waiting');
    await desk.ask.decide('tuesday', 'new');
    await settle();
    expect(asked.outcome).toBe('new');
  });
});

describe.each([DURABLE, ON_SQLITE])('of $name, whose key is asked for again a day later, the end', (kind) => {
  it.each(['workOn', 'request'] as const)(
    'of a message that stands for the first is no answer to the second: %s',
    async (how) => {
      const { desk, env, ask, nextDay } = await open(kind);
      watch(ask('monday'));
      await desk.ask.passOnLater('monday', how);
      await nextDay();
      const asked = watch(ask('tuesday'));
      await desk.ask.seen();
      await env.advance('6h');
      for (let runs = 0; runs < 3; await settle(1)) {
        const { requests, decisions } = await desk.ask.seen();
        runs = requests + decisions;
      }
      expect(asked.outcome).toBe('waiting');
      await desk.ask.decide('tuesday', 'new');
      await settle();
      expect(asked.outcome).toBe('new');
      expect(await ask('tuesday')).toBe('new');
    },
  );

  it('of one that was parked and is discarded is none either', async () => {
    const { app, desk, ask, nextDay } = await open(kind);
    const first = watch(ask('monday'));
    await desk.ask.passOnToBroken('monday');
    while (first.outcome === 'waiting') await settle(1);
    await nextDay();
    const asked = watch(ask('tuesday'));
    await desk.ask.seen();
    const letters = app.module.get(DeadLetters);
    await letters.discard((await letters.list()).letters[0]!, 'no use');
    await settle();
    expect(asked.outcome).toBe('waiting');
    await desk.ask.decide('tuesday', 'new');
    await settle();
    expect(asked.outcome).toBe('new');
    expect(await ask('tuesday')).toBe('new');
  });
});

describe('a turn that answers where an answer is stored already', () => {
  async function withAnswerInTheWay(): Promise<Opened> {
    const opened = await open(DURABLE);
    const { app, desk, ask } = opened;
    watch(ask('monday'));
    await desk.ask.seen();
    const { system } = app;
    const { seq, epoch, writer, schema, status } = await system.storage.journal.head(desk.actorId);
    const answer = new Uint8Array();
    const row = { op: 'done', id: '$reply/key/0//daily', argsHash: 'late', answer, expiresAt: 1, fresh: true } as const;
    const where = { actor: desk.actorId, expected: { seq, epoch }, epoch, writer, schema, status };
    const outcome = await new Promise((resolve) =>
      system.writer.submit({ kind: 'append', ...where, entries: [], inbox: [row], sends: [] }, resolve),
    );
    expect(outcome).toMatchObject({ kind: 'committed' });
    return opened;
  }

  it('is undone, and told what it is, not that its own message came before', async () => {
    const { desk } = await withAnswerInTheWay();
    await expect(desk.ask.decide('monday', 'x')).rejects.toMatchObject({ code: 'PS_STORE_FAILED' });
    await expect(desk.with({ idempotencyKey: 'd' }).ask.decide('monday', 'x')).rejects.toMatchObject({
      code: 'PS_STORE_FAILED',
    });
    expect((await desk.ask.seen()).decisions).toBe(0);
  });

  it('that was accepted stays so: it is run when nothing is in the way any more', async () => {
    const { app, env, desk } = await withAnswerInTheWay();
    await desk.tell.decide('monday', 'x');
    await env.settle();
    const pending = await app.system.storage.inbox.pending(desk.actorId);
    expect(pending).toHaveLength(1);
    await app.system.storage.inbox.sweep(env.now(), 1_000);
    await env.advance('20s');
    expect((await desk.ask.seen()).decisions).toBe(1);
    expect(await app.system.storage.inbox.pending(desk.actorId)).toEqual([]);
  });
});
