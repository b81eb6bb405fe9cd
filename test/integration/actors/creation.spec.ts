import {
  type ActorContext,
  ActorExistsError,
  ActorNotFoundError,
  type ActorRef,
  Ctx,
  Handle,
  MemoryStorage,
  State,
  TerminalError,
  actorContext,
} from 'plexspaces';
import { type App, closeApps, startApp } from '../../support/app';
import { Gate, settle } from '../../support/gate';
import { DURABLE, KINDS, type Kind, removeFiles } from '../../support/kinds';

afterEach(closeApps);
afterAll(removeFiles);

let gate = new Gate();
let created = 0;
beforeEach(() => {
  gate = new Gate();
  created = 0;
});

class Session {
  @State() user = '';
  @State() count = 0;

  async onCreate(user: string, how: 'well' | 'held' | 'crash' | 'refuse', @Ctx() ctx: ActorContext): Promise<void> {
    created++;
    this.user = `${user}@${ctx.self.key}`;
    if (how === 'held') await gate.pass();
    if (how === 'crash' || how === 'refuse') this.count = 100;
    if (how === 'crash') throw new Error('no database');
    if (how === 'refuse') throw new TerminalError('not allowed', undefined, { code: 'REFUSED' });
  }
  @Handle() add(): number {
    return ++this.count;
  }
  @Handle({ readOnly: true }) who(): string {
    return this.user;
  }
}

async function open(kind: Kind): Promise<{ app: App; sessions: ReturnType<typeof clientOf> }> {
  const cls = kind.regular(Session);
  const app = await startApp({ actors: [cls], storage: kind.storage() });
  return { app, sessions: clientOf(app, cls) };
}

const clientOf = (app: App, cls: new () => Session) => app.client(cls);
const states = (app: App): string[] => app.events.map(({ to }) => to);

describe.each(KINDS)('creating $name', (kind) => {
  it('spawn runs onCreate with the arguments and the context, once, as the first turn', async () => {
    const { sessions } = await open(kind);
    const session = await sessions.spawn('a', 'ada', 'well');
    expect(await session.ask.who()).toBe('ada@a');
    expect(created).toBe(1);
    if (kind.isDurable) {
      const entries = await session.history.entries();
      expect(entries[1]).toMatchObject({ kind: 'MessageReceived', method: '$create' });
    }
  });

  it('a second spawn is an ActorExistsError and changes nothing; orCreate finds the first', async () => {
    const { sessions } = await open(kind);
    const session = await sessions.spawn('a', 'ada', 'well');
    await session.ask.add();
    await expect(sessions.spawn('a', 'bob', 'well')).rejects.toThrow(ActorExistsError);
    await sessions.ref('a').orCreate('bob', 'well');
    expect(await session.ask.who()).toBe('ada@a');
    expect(await session.ask.add()).toBe(2);
    expect(created).toBe(1);
  });

  it.each(['refuse', 'crash'] as const)('a creation behind one that failed (%s) sees nothing of it', async (how) => {
    const { sessions } = await open(kind);
    const [failed, behind] = await Promise.allSettled([
      sessions.spawn('a', 'ada', how),
      sessions.spawn('a', 'bob', 'well'),
    ]);
    expect(failed.status).toBe('rejected');
    if (behind.status === 'rejected') {
      expect(behind.reason).toBeInstanceOf(ActorNotFoundError); // without a journal it goes down with the first
      await sessions.spawn('a', 'bob', 'well');
    }
    expect(await sessions.ref('a').ask.add()).toBe(1);
  });

  it('orCreate creates what is absent, once for all who ask at the same time', async () => {
    const { sessions } = await open(kind);
    const refs = await Promise.all(['ada', 'bob', 'eve'].map((user) => sessions.ref('a').orCreate(user, 'well')));
    expect(await Promise.all(refs.map((ref) => ref.ask.who()))).toEqual(['ada@a', 'ada@a', 'ada@a']);
    expect(created).toBe(1);
  });

  it('[AX16] before its creation asks and tells are refused by name', async () => {
    const { sessions } = await open(kind);
    await expect(sessions.ref('a').ask.add()).rejects.toThrow(ActorNotFoundError);
    await expect(sessions.ref('a').tell.add()).rejects.toThrow(ActorNotFoundError);
    await expect(sessions.ref('a').ask.who()).rejects.toThrow(ActorNotFoundError);
    await expect(sessions.ref('a').info()).rejects.toThrow(ActorNotFoundError);
  });

  it.each(['crash', 'refuse'] as const)('an onCreate that fails (%s) leaves no actor', async (how) => {
    const { app, sessions } = await open(kind);
    await expect(sessions.spawn('a', 'ada', how)).rejects.toThrow(how === 'crash' ? 'no database' : 'not allowed');
    await settle();
    await expect(sessions.ref('a').ask.add()).rejects.toThrow(ActorNotFoundError);
    expect(await sessions.ref('a').history.entries()).toEqual([]);
    expect(states(app)).not.toContain('Active');
    const session = await sessions.spawn('a', 'bob', 'well');
    expect(await session.ask.who()).toBe('bob@a');
  });

  it('[AX08] is Creating while onCreate runs; a message sent then is handled after it', async () => {
    const { app, sessions } = await open(kind);
    const spawning = sessions.spawn('a', 'ada', 'held');
    await gate.reached;
    const session = sessions.ref('a');
    expect((await session.info()).state).toBe('Creating');
    const asked = session.ask.add();
    const told = session.tell.add();
    gate.open();
    await spawning;
    expect(await asked).toBe(1);
    await told;
    expect(await session.ask.add()).toBe(3);
    expect(states(app)).toEqual(['Creating', 'Active']);
  });

  it('[AX10] is Active when it is created, without any message', async () => {
    const { sessions } = await open(kind);
    const session = await sessions.spawn('a', 'ada', 'well');
    expect((await session.info()).state).toBe('Active');
  });
});

describe.each([KINDS[0]!, DURABLE])('creation by another actor: $name', (kind) => {
  it('ctx.spawn leaves with the commit, orCreate at once', async () => {
    const Sessions = kind.regular(Session, { type: 'session' });
    class Lobby {
      @Handle() enter(user: string): string {
        const ref = actorContext().spawn(Sessions, user, user, 'well');
        void ref.tell.add();
        return ref.actorId;
      }
      @Handle() async enterNow(user: string): Promise<string> {
        const ref: ActorRef<Session> = await actorContext().actor(Sessions, user).orCreate(user, 'well');
        return ref.ask.who();
      }
      @Handle() failing(user: string): void {
        actorContext().spawn(Sessions, user, user, 'well');
        throw new Error('too late');
      }
    }
    const Lobbies = kind.virtual(Lobby, { type: 'lobby' });
    const app = await startApp({ actors: [Sessions, Lobbies], storage: kind.storage() });
    const lobby = app.client(Lobbies).ref('l');
    expect(await lobby.ask.enter('ada')).toBe('default/default/session/ada');
    await settle();
    expect(await app.client(Sessions).ref('ada').ask.add()).toBe(2);
    expect(await lobby.ask.enterNow('bob')).toBe('bob@bob');
    await expect(lobby.ask.failing('eve')).rejects.toThrow('too late');
    await settle();
    await expect(app.client(Sessions).ref('eve').ask.who()).rejects.toThrow(ActorNotFoundError);
  });
});

describe('a durable actor', () => {
  it('exists across a restart by its head row', async () => {
    const cls = DURABLE.regular(Session);
    const { tables } = new MemoryStorage();
    const first = await startApp({ actors: [cls], storage: new MemoryStorage(tables) });
    const session = await first.client(cls).spawn('a', 'ada', 'well');
    await session.ask.add();
    await first.close();
    const second = await startApp({ actors: [cls], storage: new MemoryStorage(tables) });
    expect(await second.client(cls).ref('a').info()).toMatchObject({ state: 'Inactive' });
    expect(await second.client(cls).ref('a').ask.add()).toBe(2);
    await expect(second.client(cls).spawn('a', 'bob', 'well')).rejects.toThrow(ActorExistsError);
    expect(created).toBe(1);
  });

  it('that cannot be read is not created anew by orCreate, but a CorruptRecordError', async () => {
    const cls = DURABLE.regular(Session);
    const { tables } = new MemoryStorage();
    const first = await startApp({ actors: [cls], storage: new MemoryStorage(tables) });
    const { actorId } = await first.client(cls).spawn('a', 'ada', 'well');
    await first.close();
    const [entry] = tables.actors.get(actorId)!.entries;
    entry!.bytes[10]! ^= 1;
    const second = await startApp({ actors: [cls], storage: new MemoryStorage(tables) });
    for (const attempt of [
      second.client(cls).ref('a').orCreate('bob', 'well'),
      second.client(cls).spawn('a', 'bob', 'well'),
      second.client(cls).ref('a').ask.add(),
      second.client(cls).ref('a').tell.add(),
    ])
      await expect(attempt).rejects.toMatchObject({ code: 'PS_CORRUPT_RECORD', actor: actorId });
    expect(created).toBe(1);
    expect(tables.actors.get(actorId)!.entries).toHaveLength(4);
  });
});
