import { type Socket, connect, createServer } from 'node:net';
import { PostgresStorage } from '#storage/postgres';
import { postgresServer } from '../support/servers/postgres-server';
import { describeWith } from '../support/servers/test-server';
import { PostgresSchema } from './postgres-backend';

/** Passes bytes on, until those that are connected are forgotten: nothing comes through for them any more, and they are not told. */
class Forgetful {
  private readonly sockets = new Set<Socket>();
  private readonly server = createServer((client) => this.accept(client));

  constructor(private readonly to: { readonly host: string; readonly port: number }) {}

  async start(): Promise<number> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return (this.server.address() as { port: number }).port;
  }

  forget(): void {
    for (const socket of this.sockets) socket.removeAllListeners('data').resume();
  }

  stop(): void {
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
  }

  private accept(client: Socket): void {
    const server = connect(this.to);
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      this.sockets.add(from);
      from
        .on('error', () => undefined)
        .on('close', () => to.destroy())
        .on('data', (bytes) => to.write(bytes));
    }
  }
}

describeWith(postgresServer(), 'a lease whose connection goes silent', (server) => {
  const place = new PostgresSchema(server);
  afterAll(() => place.destroy());

  it('is claimed again over another one as soon as the claim can do no good any more (F04)', async () => {
    const way = new Forgetful(server);
    const url = new URL(server.url.href);
    [url.hostname, url.port] = ['127.0.0.1', String(await way.start())];
    const store = await PostgresStorage.open(url.href, { schema: place.schema, durability: 'relaxed' });
    await expect(store.leases.claim('owner', 'a', 300)).resolves.toMatchObject({ holder: 'a' });
    way.forget();
    await expect(store.leases.claim('owner', 'a', 300)).rejects.toMatchObject({ code: 'PS_STORE_FAILED' });
    await expect(store.leases.claim('owner', 'a', 300)).resolves.toMatchObject({ holder: 'a' });
    await store.close();
    way.stop();
  });
});
