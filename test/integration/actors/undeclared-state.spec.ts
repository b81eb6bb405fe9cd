import { Handle, State, StateMap, Transient } from 'plexspaces';
import { type App, closeApps, startApp } from '../../support/app';
import { DURABLE, PLAIN } from '../../support/kinds';

afterEach(closeApps);

class Careless {
  @State() declared = 0;
  @State() readonly map = new StateMap<string, number>();
  @Transient() cache = 0;
  forgotten = 0;
  list: number[] = [];
  untouched = { a: 1 };

  @Handle() good(): number {
    this.map.set('x', ++this.cache);
    return ++this.declared;
  }
  @Handle() forget(): number {
    return ++this.forgotten;
  }
  @Handle() inside(): number {
    return this.list.push(1);
  }
  @Handle() added(): void {
    (this as unknown as Record<string, unknown>)['late'] = 1;
  }
  @Handle() fail(): void {
    this.forgotten = 5;
    throw new Error('undone');
  }
}

describe.each([PLAIN, DURABLE])('the watch for undeclared state on $name', (kind) => {
  async function open(development?: boolean) {
    const cls = kind.virtual(Careless);
    const app = await startApp({ actors: [cls], development });
    return { app, client: app.client(cls) };
  }
  const fields = (app: App): string[] => app.complaints.map((line) => /^(\S+) changed/.exec(line)?.[1] ?? line);

  it('warns once per class and field, by name, with the remedy', async () => {
    const { app, client } = await open();
    for (const key of ['a', 'b']) {
      await client.ref(key).ask.forget();
      await client.ref(key).ask.forget();
      await client.ref(key).ask.inside();
    }
    await client.ref('a').ask.added();
    expect(fields(app)).toEqual(['Careless.forgotten', 'Careless.list', 'Careless.late']);
    expect(app.complaints[0]).toMatch(/@State\(\).*@Transient\(\)/);
  });

  it('leaves declared, transient and unchanged fields alone, and failed turns', async () => {
    const { app, client } = await open();
    await client.ref('a').ask.good();
    await client.ref('a').ask.good();
    await expect(client.ref('a').ask.fail()).rejects.toThrow('undone');
    expect(app.complaints).toEqual([]);
  });

  it('is silent outside development', async () => {
    const { app, client } = await open(false);
    await client.ref('a').ask.forget();
    expect(app.complaints).toEqual([]);
  });
});
