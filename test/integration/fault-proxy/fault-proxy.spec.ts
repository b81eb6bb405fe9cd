import { once } from 'node:events';
import { type AddressInfo, type Server, type Socket, connect, createServer } from 'node:net';

import { type Fault, FaultNeverFiredError, FaultProxy, InvalidFaultError, ManualClock } from 'plexspaces/testing';

/** Remembers what it is told; answers each chunk with `got <chunk>` while `answers` is set, in order. */
class Listener {
  readonly sockets: Socket[] = [];
  readonly chunks: string[] = [];
  readonly endings: string[] = [];
  answers = true;
  private readonly server: Server;
  private news = (): void => undefined;

  constructor() {
    this.server = createServer({ allowHalfOpen: true }, (socket) => {
      this.sockets.push(socket);
      socket.setNoDelay(true);
      socket.on('data', (bytes: Buffer) => {
        this.chunks.push(bytes.toString());
        if (this.answers) socket.write(`got ${bytes.toString()};`);
        this.news();
      });
      socket.on('end', () => this.end('end', socket)).on('error', ({ message }) => this.end(message, socket));
      this.news();
    });
  }

  private end(how: string, socket: Socket): void {
    this.endings.push(how);
    socket.end();
    this.news();
  }

  async listen(): Promise<number> {
    await once(this.server.listen(0, '127.0.0.1'), 'listening');
    return (this.server.address() as AddressInfo).port;
  }

  get text(): string {
    return this.chunks.join('');
  }

  /** Resolves when this has come true. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => (this.news = resolve));
  }

  close(): void {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
  }
}

/** A client that keeps what it hears. */
class Client {
  readonly chunks: Buffer[] = [];
  readonly ended: Promise<string>;
  readonly closed: Promise<string>;
  private news = (): void => undefined;

  private constructor(readonly socket: Socket) {
    socket.setNoDelay(true);
    let failure = 'close';
    socket.on('data', (bytes: Buffer) => {
      this.chunks.push(bytes);
      this.news();
    });
    socket.on('error', ({ code }: NodeJS.ErrnoException) => (failure = code ?? 'error'));
    this.closed = new Promise((resolve) => socket.once('close', () => resolve(failure)));
    this.ended = new Promise((resolve) => socket.once('end', () => resolve(this.text)));
  }

  static async to(port: number, allowHalfOpen = false): Promise<Client> {
    const client = new Client(connect({ host: '127.0.0.1', port, allowHalfOpen }));
    await new Promise<void>((resolve) => client.socket.once('connect', resolve).once('close', resolve));
    return client;
  }

  get text(): string {
    return Buffer.concat(this.chunks).toString();
  }

  say(text: string): Promise<void> {
    return new Promise((resolve) => this.socket.write(text, () => resolve()));
  }

  async hears(text: string): Promise<void> {
    while (this.text.length < text.length) await new Promise<void>((resolve) => (this.news = resolve));
    expect(this.text).toBe(text);
  }
}

let server: Listener;
let port: number;
let env: ManualClock;
const proxies: FaultProxy[] = [];
const clients: Client[] = [];

/** A proxy on the system's clock, or on the manual one. */
async function proxyOf(on?: ManualClock): Promise<FaultProxy> {
  const proxy = await FaultProxy.start({ port }, on);
  proxies.push(proxy);
  return proxy;
}

async function clientOf(proxy: FaultProxy, allowHalfOpen = false): Promise<Client> {
  const client = await Client.to(proxy.port, allowHalfOpen);
  clients.push(client);
  return client;
}

/** The event loop turns until bytes written on this machine have arrived wherever nothing holds them. */
async function settle(): Promise<void> {
  for (let i = 0; i < 50; i++) await new Promise<void>((resolve) => setImmediate(resolve));
}

beforeEach(async () => {
  env = new ManualClock();
  server = new Listener();
  port = await server.listen();
});

afterEach(async () => {
  for (const client of clients.splice(0)) client.socket.destroy();
  server.close();
  await Promise.all(proxies.splice(0).map((proxy) => proxy.stop()));
});

describe('a proxy without faults', () => {
  it('passes bytes both ways, and each end by itself', async () => {
    const proxy = await proxyOf();
    const client = await clientOf(proxy);
    await client.say('hello');
    await client.hears('got hello;');
    expect(proxy.stats).toEqual({ accepted: 1, open: 1, unreachable: 0 });
    client.socket.end();
    await client.closed;
    await server.until(() => server.endings.length > 0);
    expect(server.endings).toEqual(['end']);
  });

  it('passes more than it reads ahead, unchanged and in order', async () => {
    server.answers = false;
    const proxy = await proxyOf();
    const client = await clientOf(proxy);
    const text = Array.from({ length: 600_000 }, (_, i) => `${i},`).join('');
    await client.say(text);
    await server.until(() => server.text.length === text.length);
    expect(server.text === text).toBe(true);
  });

  it('resets the client when the server cannot be reached, and counts it', async () => {
    const proxy = await proxyOf();
    server.close();
    const client = await clientOf(proxy);
    expect(await client.closed).toBe('ECONNRESET');
    expect(proxy.stats.unreachable).toBe(1);
  });

  it('passes a reset on to the other side', async () => {
    const proxy = await proxyOf();
    const client = await clientOf(proxy);
    await client.say('hello');
    await client.hears('got hello;');
    client.socket.resetAndDestroy();
    await server.until(() => server.endings.length > 0);
    expect(server.endings).toEqual([expect.stringContaining('ECONNRESET')]);
  });
});

describe('delay and throttle', () => {
  it('delays each chunk, by the clock it was given', async () => {
    const proxy = await proxyOf(env);
    const client = await clientOf(proxy);
    const delay = proxy.inject({ kind: 'delay', ms: 500, direction: 'toServer' });
    await client.say('late');
    await delay.happened;
    await env.advance(499);
    expect(server.text).toBe('');
    await env.advance(1);
    await server.until(() => server.text === 'late');
    expect(delay.fired).toBe(1);
  });

  it('lets go at once what waits, when it is removed', async () => {
    const proxy = await proxyOf(env);
    const client = await clientOf(proxy);
    const delay = proxy.inject({ kind: 'delay', ms: 3_600_000 });
    await client.say('soon');
    await delay.happened;
    delay.remove();
    await client.hears('got soon;');
  });

  it('throttles to so many bytes a second', async () => {
    server.answers = false;
    const proxy = await proxyOf(env);
    const slow = proxy.inject({ kind: 'throttle', bytesPerSecond: 100 });
    const client = await clientOf(proxy);
    await client.say('x'.repeat(300));
    await slow.happened;
    const arrived: number[] = [];
    for (let second = 0; second < 3; second++) {
      await env.advance('1s');
      await settle();
      arrived.push(server.text.length);
    }
    expect(arrived[0]).toBeGreaterThanOrEqual(100);
    expect(arrived[0]).toBeLessThanOrEqual(110); // the piece that begins the next second
    expect(arrived[1]! - arrived[0]!).toBe(100);
    await env.advance('1s');
    await server.until(() => server.text.length === 300);
    expect(slow.fired).toBe(300 / 5);
  });
});

describe('cut', () => {
  it('before a pattern: what precedes it arrives, nothing of it does', async () => {
    const proxy = await proxyOf();
    const cut = proxy.inject({ kind: 'cut', when: 'before', pattern: 'COMMIT' });
    const client = await clientOf(proxy);
    await client.say('BEGIN;COMMIT;more');
    expect(await client.closed).toBe('close');
    await server.until(() => server.endings.length > 0);
    expect([server.text, cut.fired]).toEqual(['BEGIN;', 1]);
  });

  it('before a pattern that lies across chunks: its beginning is held back', async () => {
    const proxy = await proxyOf(env); // time stands still: what is held is not let go
    const cut = proxy.inject({ kind: 'cut', when: 'before', pattern: 'COMMIT' });
    const client = await clientOf(proxy);
    await client.say('BEGIN;COM');
    await client.hears('got BEGIN;;');
    await client.say('MIT;');
    await client.closed;
    await server.until(() => server.endings.length > 0);
    expect([server.text, cut.fired]).toEqual(['BEGIN;', 1]);
  });

  it('holds a beginning back for a while only, and still never lets its end through', async () => {
    const proxy = await proxyOf(env);
    const cut = proxy.inject({ kind: 'cut', when: 'before', pattern: 'COMMIT' });
    const client = await clientOf(proxy);
    await client.say('WELCOM');
    await server.until(() => server.text === 'WEL');
    await env.advance(20);
    await server.until(() => server.text === 'WELCOM');
    await client.say('MIT;');
    await client.closed;
    expect([server.text, cut.fired]).toEqual(['WELCOM', 1]);
  });

  it('passes a beginning on when nothing can follow it', async () => {
    const proxy = await proxyOf(env);
    proxy.inject({ kind: 'cut', when: 'before', pattern: 'COMMIT' });
    const client = await clientOf(proxy);
    client.socket.end('WELCOM');
    await server.until(() => server.endings.length > 0);
    expect([server.text, server.endings]).toEqual(['WELCOM', ['end']]);
  });

  it('after a pattern: all of it arrives, and no answer passes', async () => {
    const proxy = await proxyOf();
    const cut = proxy.inject({ kind: 'cut', when: 'after', pattern: 'COMMIT' });
    const client = await clientOf(proxy);
    await client.say('BEGIN;COM');
    await client.hears('got BEGIN;COM;');
    await client.say('MIT;');
    expect(await client.closed).toBe('close');
    await server.until(() => server.endings.length > 0);
    expect([server.text, client.text, cut.fired]).toEqual(['BEGIN;COMMIT;', 'got BEGIN;COM;', 1]);
    expect(server.endings).toEqual(['end']); // in good order
  });

  it('after a pattern, when the server hangs up instead of answering', async () => {
    server.answers = false;
    const proxy = await proxyOf();
    proxy.inject({ kind: 'cut', when: 'after', pattern: 'QUIT' });
    const client = await clientOf(proxy);
    await client.say('QUIT');
    await server.until(() => server.text === 'QUIT');
    server.sockets[0]!.end();
    expect(await client.closed).toBe('close');
  });

  it('towards the client: before and after a part of the answer', async () => {
    const proxy = await proxyOf();
    const before = proxy.inject({ kind: 'cut', when: 'before', pattern: 'two', direction: 'toClient' });
    const client = await clientOf(proxy);
    await client.say('one-two');
    expect([await client.closed, client.text]).toEqual(['close', 'got one-']);
    before.remove();
    proxy.inject({ kind: 'cut', when: 'after', pattern: 'two', direction: 'toClient' });
    const other = await clientOf(proxy);
    await other.say('one-two');
    expect([await other.closed, other.text]).toEqual(['close', 'got one-two;']);
  });

  it('with a reset, if told so', async () => {
    const proxy = await proxyOf();
    proxy.inject({ kind: 'cut', when: 'after', pattern: 'COMMIT', how: 'reset' });
    const client = await clientOf(proxy);
    await client.say('COMMIT');
    expect([await client.closed, client.text]).toEqual(['ECONNRESET', '']);
    const cut = proxy.inject({ kind: 'cut', when: 'before', pattern: 'got', direction: 'toClient', how: 'reset' });
    const other = await clientOf(proxy);
    await other.say('hello');
    expect([await other.closed, other.text, cut.fired]).toEqual(['ECONNRESET', '', 1]);
  });

  it('skips as many matches, and strikes as often, as it is told, on whatever connection', async () => {
    const proxy = await proxyOf();
    const cut = proxy.inject({ kind: 'cut', when: 'before', pattern: 'COMMIT', skip: 2, times: 1 });
    const first = await clientOf(proxy);
    await first.say('COMMIT;COMMIT;');
    await first.hears('got COMMIT;COMMIT;;');
    const second = await clientOf(proxy);
    await second.say('COMMIT;');
    await second.closed;
    const third = await clientOf(proxy);
    await third.say('COMMIT!');
    await third.hears('got COMMIT!;');
    expect(cut.fired).toBe(1);
  });

  it('matches bytes that are no text', async () => {
    const proxy = await proxyOf();
    proxy.inject({ kind: 'cut', when: 'before', pattern: Uint8Array.of(0, 255, 0) });
    const client = await clientOf(proxy);
    client.socket.write(Buffer.from([1, 0, 0, 255, 0, 2]));
    await client.closed;
    await server.until(() => server.endings.length > 0);
    expect(server.text).toBe('\u0001\u0000');
  });
});

describe('black hole', () => {
  it('accepts, and never answers; what it held arrives when it is removed', async () => {
    const proxy = await proxyOf();
    const hole = proxy.inject({ kind: 'blackHole' });
    const client = await clientOf(proxy);
    await client.say('hello');
    await hole.happened;
    await settle();
    expect([server.text, client.text]).toEqual(['', '']);
    hole.remove();
    await client.hears('got hello;');
  });

  it('in one direction: the server hears, the client does not', async () => {
    const proxy = await proxyOf();
    const client = await clientOf(proxy);
    const hole = proxy.inject({ kind: 'blackHole', direction: 'toClient' });
    await client.say('hello');
    await server.until(() => server.text === 'hello');
    await hole.happened;
    await settle();
    expect(client.text).toBe('');
  });

  it('hides that one side has gone', async () => {
    const proxy = await proxyOf();
    const client = await clientOf(proxy);
    await client.say('hello');
    await client.hears('got hello;');
    const hole = proxy.inject({ kind: 'blackHole' });
    client.socket.resetAndDestroy();
    await hole.happened;
    await settle();
    expect(server.endings).toEqual([]);
    proxy.heal();
    await server.until(() => server.endings.length > 0);
  });
});

describe('half-close, reset, one-byte writes, refuse', () => {
  it('half-closes one way, and leaves the other open', async () => {
    const proxy = await proxyOf();
    const client = await clientOf(proxy, true);
    await client.say('hello');
    await client.hears('got hello;');
    const half = proxy.inject({ kind: 'halfClose', direction: 'toClient' });
    expect(await client.ended).toBe('got hello;');
    await client.say('more');
    await server.until(() => server.text === 'hellomore');
    expect([half.fired, server.endings]).toEqual([1, []]);
  });

  it('half-closes towards the server: it hears the end, and may still speak', async () => {
    const proxy = await proxyOf();
    proxy.inject({ kind: 'halfClose', direction: 'toServer' });
    const client = await clientOf(proxy, true);
    await server.until(() => server.endings.length > 0);
    await client.say('unheard');
    expect(await client.ended).toBe('');
    expect([server.text, server.endings]).toEqual(['', ['end']]);
  });

  it('resets what is open, and what comes, as often as it is told', async () => {
    const proxy = await proxyOf();
    const client = await clientOf(proxy);
    await client.say('hello');
    await client.hears('got hello;');
    const reset = proxy.inject({ kind: 'reset', times: 2 });
    expect(await client.closed).toBe('ECONNRESET');
    await server.until(() => server.endings.length > 0);
    expect(server.endings).toEqual([expect.stringContaining('ECONNRESET')]);
    const next = await clientOf(proxy);
    expect(await next.closed).toBe('ECONNRESET');
    const last = await clientOf(proxy);
    await last.say('hello');
    await last.hears('got hello;');
    expect(reset.fired).toBe(2);
  });

  it('writes byte by byte', async () => {
    server.answers = false;
    const proxy = await proxyOf();
    const single = proxy.inject({ kind: 'oneByteWrites', direction: 'toServer' });
    const client = await clientOf(proxy);
    await client.say('0123456789');
    await server.until(() => server.text.length === 10);
    expect(server.text).toBe('0123456789');
    expect(server.chunks.length).toBeGreaterThan(1);
    await settle();
    expect(single.fired).toBe(10);
  });

  it('refuses connections until it listens again, on the same port; open ones stay', async () => {
    const proxy = await proxyOf();
    const client = await clientOf(proxy);
    proxy.refuse();
    proxy.refuse();
    expect(await (await clientOf(proxy)).closed).toBe('ECONNREFUSED');
    await client.say('still here');
    await client.hears('got still here;');
    await proxy.listen();
    const next = await clientOf(proxy);
    await next.say('back');
    await next.hears('got back;');
  });
});

describe('the account of a run', () => {
  it('names faults that never fired', async () => {
    const proxy = await proxyOf();
    proxy.inject({ kind: 'cut', when: 'before', pattern: 'COMMIT', times: 1 });
    const single = proxy.inject({ kind: 'oneByteWrites', direction: 'toClient' });
    const client = await clientOf(proxy);
    await client.say('hello');
    await client.hears('got hello;');
    expect(single.fired).toBeGreaterThan(0);
    expect(() => proxy.assertAllFired()).toThrow(FaultNeverFiredError);
    expect(() => proxy.assertAllFired()).toThrow('cut before COMMIT never fired');
    await client.say('COMMIT');
    await client.closed;
    proxy.assertAllFired();
  });

  it.each<[Fault, string]>([
    [{ kind: 'delay', ms: 0 }, 'ms'],
    [{ kind: 'delay', ms: NaN }, 'ms'],
    [{ kind: 'throttle', bytesPerSecond: -1 }, 'bytesPerSecond'],
    [{ kind: 'cut', when: 'before', pattern: '' }, 'pattern'],
    [{ kind: 'cut', when: 'before', pattern: new Uint8Array() }, 'pattern'],
    [{ kind: 'cut', when: 'before', pattern: 'x', skip: -1 }, 'skip'],
    [{ kind: 'reset', times: 0 }, 'times'],
    [{ kind: 'reset', times: 1.5 }, 'times'],
  ])('refuses %j', async (fault, option) => {
    const proxy = await proxyOf();
    expect(() => proxy.inject(fault)).toThrow(InvalidFaultError);
    expect(() => proxy.inject(fault)).toThrow(option);
    expect(proxy.unfired).toEqual([]);
  });
});
