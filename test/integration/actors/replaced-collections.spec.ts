import { Handle, MemoryStorage, State, StateList, StateMap, StateSet } from 'plexspaces';
import { ManualClock } from 'plexspaces/testing';
import { closeApps, startApp } from '../../support/app';
import { DURABLE, PLAIN } from '../../support/kinds';

afterEach(closeApps);

class Board {
  @State() map = new StateMap<string, number>([['first', 0]]);
  @State() list = new StateList<string>();
  @State() set = new StateSet<string>();

  @Handle() put(name: string): void {
    this.map.set(name, this.map.size);
    this.list.push(name);
    this.set.add(name);
  }
  /** Puts other collections in the place of those that are stored. */
  @Handle() replace(...names: string[]): void {
    this.map = new StateMap(names.map((name, i) => [name, i]));
    this.list = new StateList(names);
    this.set = new StateSet(names);
  }
  @Handle() fail(): void {
    this.replace('of a turn that failed');
    throw new Error('no');
  }
  @Handle() all(): string[][] {
    return [[...this.map.keys()], [...this.list], [...this.set]];
  }
}

describe.each([PLAIN, DURABLE])('a collection that a handler replaces by another, on $name', (kind) => {
  it('takes what was stored with it, also after deactivation and restart', async () => {
    const env = new ManualClock();
    const storage = new MemoryStorage();
    const cls = kind.virtual(Board);
    const app = await startApp({ actors: [cls], env, storage });
    const ref = app.client(cls).ref('a');
    await ref.ask.put('old');
    await ref.ask.replace();
    await env.advance('5m');
    expect(await ref.ask.all()).toEqual([[], [], []]);
    await ref.ask.put('old');
    await ref.ask.replace('new', 'newer');
    await ref.ask.put('newest');
    await expect(ref.ask.fail()).rejects.toThrow('no');
    await env.advance('5m');
    const names = ['new', 'newer', 'newest'];
    expect(await ref.ask.all()).toEqual([names, names, names]);
    await app.close();
    if (!kind.isDurable) return;
    const again = await startApp({ actors: [cls], env, storage });
    expect(await again.client(cls).ref('a').ask.all()).toEqual([names, names, names]);
    expect(await again.client(cls).ref('a').history.verify()).toMatchObject({ ok: true });
  });
});
