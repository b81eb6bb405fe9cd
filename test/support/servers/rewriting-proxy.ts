import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import type { TestServer } from './test-server';

/** A server whose answers say something else: each pair is what it says, and as many bytes to put in its place. */
export async function startRewriting(
  { host, port, url }: TestServer,
  pairs: readonly (readonly [says: string, instead: string])[],
): Promise<{ readonly url: URL; stop(): Promise<void> }> {
  const sockets = new Set<{ destroy(): void }>();
  const proxy = createServer((client) => {
    const server = connect({ host, port });
    for (const socket of [client, server]) sockets.add(socket.on('error', () => undefined)); // `close` follows
    client.pipe(server);
    server.on('data', (bytes: Buffer) => client.write(rewritten(bytes, pairs)));
    client.once('close', () => server.destroy());
    server.once('close', () => client.destroy());
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const through = new URL(url.href);
  [through.hostname, through.port] = ['127.0.0.1', String((proxy.address() as AddressInfo).port)];
  return {
    url: through,
    stop: async () => {
      proxy.close();
      for (const socket of sockets) socket.destroy();
      await once(proxy, 'close');
    },
  };
}

function rewritten(bytes: Buffer, pairs: readonly (readonly [string, string])[]): Buffer {
  let text = bytes.toString('latin1');
  for (const [says, instead] of pairs) {
    if (says.length !== instead.length) throw new Error(`"${instead}" is not as long as "${says}"`);
    text = text.replaceAll(says, instead);
  }
  return Buffer.from(text, 'latin1');
}
