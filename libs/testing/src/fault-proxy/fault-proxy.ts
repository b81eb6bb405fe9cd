import { once } from 'node:events';
import { type AddressInfo, type Server, type Socket, connect, createServer } from 'node:net';
import { type Env, SystemEnv } from '#spi';
import { FaultNeverFiredError } from '../errors/network-errors';
import { Connection } from './connection';
import { endSocket } from './end-socket';
import { type Fault, checkFault, describeFault } from './fault';
import { FaultSet, InjectedFault } from './injected-fault';

/** A server's address. @publicApi */
export interface Address {
  /** Default: 127.0.0.1. */
  readonly host?: string;
  readonly port: number;
}

const LOCAL = '127.0.0.1';

/**
 * A TCP proxy on a local port that passes bytes on to a server until it is told to do worse. One per pair of client and server gives
 * partitions without privileges; a cut at a matched pattern gives commits of unknown outcome.
 *
 * ```ts
 * const proxy = await FaultProxy.start({ port: 5432 });
 * const cut = proxy.inject({ kind: 'cut', when: 'after', pattern: 'COMMIT', times: 1 });
 * // … a client of proxy.port commits, and cannot know whether it has
 * await cut.happened;
 * proxy.assertAllFired();
 * await proxy.stop();
 * ```
 *
 * Faults combine, and may come and go while connections are open.
 * @publicApi
 */
export class FaultProxy {
  readonly host = LOCAL;
  private readonly server: Server;
  private readonly faults = new FaultSet();
  private readonly injected: InjectedFault[] = [];
  private readonly connections = new Set<Connection>();
  private boundPort = 0;
  private readonly counts = { accepted: 0, unreachable: 0 };

  private constructor(
    private readonly target: Address,
    private readonly env: Env,
  ) {
    // Paused, for the first bytes are not to arrive before somebody listens.
    this.server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => this.accept(socket));
    this.faults.onChange(() => this.connections.forEach((connection) => connection.reconsider()));
  }

  /** Listens on a free local port. @param env its clock and timers serve delay and throttle. Default: the system's. */
  static async start(target: Address, env: Env = new SystemEnv()): Promise<FaultProxy> {
    const proxy = new FaultProxy(target, env);
    await proxy.listen();
    return proxy;
  }

  /** Equal for its whole life, also across {@link refuse}. */
  get port(): number {
    return this.boundPort;
  }

  /** Connections: since the start; open now; and those for which the server could not be reached. */
  get stats(): { readonly accepted: number; readonly open: number; readonly unreachable: number } {
    return { ...this.counts, open: this.connections.size };
  }

  /** From now on, also for connections that are open. @throws {InvalidFaultError} */
  inject<F extends Fault>(fault: F): InjectedFault<F> {
    checkFault(fault);
    const injected = new InjectedFault(fault, this.faults);
    this.injected.push(injected);
    this.faults.add(injected);
    for (const connection of [...this.connections]) this.strikeAtOnce(connection);
    return injected;
  }

  /** Removes all faults. */
  heal(): void {
    for (const injected of this.injected) injected.remove();
  }

  /** What was injected and has never struck: a run with any is invalid. */
  get unfired(): readonly InjectedFault[] {
    return this.injected.filter(({ fired }) => fired === 0);
  }

  /** @throws {FaultNeverFiredError} */
  assertAllFired(): void {
    const { unfired } = this;
    if (unfired.length === 0) return;
    throw new FaultNeverFiredError(
      `${this.host}:${this.port}`,
      unfired.map(({ fault }) => describeFault(fault)),
    );
  }

  /**
   * Closes the port: who connects meets ECONNREFUSED, until {@link listen}. Open connections stay. The kernel refuses,
   * and does not say so: whether anybody tried is for the client to count.
   */
  refuse(): void {
    if (this.server.listening) this.server.close();
  }

  /** Opens the port again. Harmless when it is open. */
  async listen(): Promise<void> {
    if (this.server.listening) return;
    this.server.listen(this.boundPort, LOCAL);
    await once(this.server, 'listening');
    this.boundPort = (this.server.address() as AddressInfo).port;
  }

  /** Closes the port and every connection. */
  async stop(): Promise<void> {
    this.refuse();
    const open = [...this.connections];
    for (const connection of open) connection.end('close');
    await Promise.all(open.map(({ closed }) => closed));
  }

  private accept(client: Socket): void {
    this.counts.accepted += 1;
    const reset = this.faults.find('reset', 'toServer');
    if (reset !== undefined) {
      reset.fire();
      endSocket(client, 'reset');
      return;
    }
    const server = connect({ host: LOCAL, ...this.target, allowHalfOpen: true });
    const countUnreachable = (): void => void (this.counts.unreachable += 1);
    server.once('error', countUnreachable).once('connect', () => server.off('error', countUnreachable));
    const connection = new Connection({ client, server, faults: this.faults, env: this.env });
    this.connections.add(connection);
    void connection.closed.then(() => this.connections.delete(connection));
    void connection.run();
    this.strikeAtOnce(connection);
    client.resume();
  }

  /** Faults that do not wait for bytes. */
  private strikeAtOnce(connection: Connection): void {
    for (const direction of ['toServer', 'toClient'] as const) {
      const half = this.faults.find('halfClose', direction);
      if (half === undefined || !connection.halfClose(direction)) continue;
      half.fire();
    }
    const reset = this.faults.find('reset', 'toServer');
    if (reset === undefined) return;
    connection.end('reset');
    reset.fire();
  }
}
