import type { Socket } from 'node:net';
import type { Env } from '#spi';
import { Channel } from './channel';
import { endSocket } from './end-socket';
import type { CutFault, Direction, Ending } from './fault';
import type { FaultSet } from './injected-fault';

export interface ConnectionParts {
  readonly client: Socket;
  readonly server: Socket;
  readonly faults: FaultSet;
  readonly env: Env;
}

/** A client's connection and the one made for it to the server: two channels, and the ways in which they end together. */
export class Connection {
  /** Resolves when both sockets are closed. */
  readonly closed: Promise<void>;
  private readonly channels: Readonly<Record<Direction, Channel>>;
  /** A cut that waits until the server answers. */
  private cut: { readonly fault: CutFault; isForwarded: boolean; isAnswered: boolean } | undefined;

  constructor(private readonly parts: ConnectionParts) {
    const { client, server } = parts;
    for (const socket of [client, server]) socket.setNoDelay(true);
    this.channels = {
      toServer: this.channel('toServer', client, server),
      toClient: this.channel('toClient', server, client),
    };
    const ends = [client, server].map(
      (socket) => new Promise<void>((resolve) => socket.once('close', () => resolve())),
    );
    this.closed = Promise.all(ends).then(() => this.closeChannels());
  }

  /** Passes bytes on until the connection has ended. */
  async run(): Promise<void> {
    await Promise.all([this.channels.toServer.run(), this.channels.toClient.run()]);
  }

  reconsider(): void {
    this.channels.toServer.reconsider();
    this.channels.toClient.reconsider();
  }

  /** @returns whether that way was open */
  halfClose(direction: Direction): boolean {
    const sink = direction === 'toServer' ? this.parts.server : this.parts.client;
    if (sink.writableEnded || sink.destroyed) return false;
    this.channels[direction].endSink();
    return true;
  }

  end(how: Ending): void {
    this.closeChannels();
    endSocket(this.parts.client, how);
    endSocket(this.parts.server, how);
  }

  private channel(direction: Direction, source: Socket, sink: Socket): Channel {
    const { faults, env } = this.parts;
    return new Channel({
      source,
      sink,
      direction,
      faults,
      env,
      onMatch: (fault) => {
        if (direction === 'toServer' && fault.when === 'after') this.holdAnswer(fault);
      },
      onCut: ({ how = 'close' }) => {
        if (this.cut === undefined) return this.end(how);
        this.cut.isForwarded = true;
        this.cutAtAnswer();
      },
      onMuted: () => {
        if (this.cut === undefined || direction === 'toServer') return;
        this.cut.isAnswered = true;
        this.cutAtAnswer();
      },
    });
  }

  private holdAnswer(fault: CutFault): void {
    this.cut = { fault, isForwarded: false, isAnswered: false };
    this.channels.toClient.mute();
  }

  private cutAtAnswer(): void {
    if (this.cut?.isForwarded !== true || !this.cut.isAnswered) return;
    endSocket(this.parts.client, this.cut.fault.how ?? 'close');
    this.parts.server.end();
  }

  private closeChannels(): void {
    this.channels.toServer.close();
    this.channels.toClient.close();
  }
}
