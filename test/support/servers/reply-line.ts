import { once } from 'node:events';
import { type Socket, connect } from 'node:net';

interface Waiting<T> {
  resolve(reply: T): void;
  reject(error: Error): void;
}

/** A connection whose requests are answered in their order. When it ends, whoever waits hears that the outcome is unknown. */
export class ReplyLine<T> {
  private readonly waiting: Waiting<T>[] = [];
  private buffer: Buffer = Buffer.alloc(0);

  private constructor(
    private readonly socket: Socket,
    /** Takes one reply from the front; `undefined` while it is not complete. */
    private readonly take: (bytes: Buffer) => { readonly reply: T; readonly length: number } | undefined,
  ) {
    socket.on('data', (bytes: Buffer) => this.read(bytes)).on('error', () => undefined); // `close` follows
    socket.once('close', () => {
      for (const { reject } of this.waiting.splice(0)) reject(new ConnectionLostError());
    });
  }

  static async open<T>(
    address: { readonly host: string; readonly port: number },
    take: (bytes: Buffer) => { readonly reply: T; readonly length: number } | undefined,
  ): Promise<ReplyLine<T>> {
    const socket = connect(address);
    await once(socket, 'connect');
    return new ReplyLine(socket, take);
  }

  /** @throws {ConnectionLostError} */
  ask(request: Uint8Array): Promise<T> {
    return new Promise((resolve, reject) => {
      if (!this.socket.writable) return reject(new ConnectionLostError());
      this.waiting.push({ resolve, reject });
      this.socket.write(request);
    });
  }

  close(): void {
    this.socket.destroy();
  }

  private read(bytes: Buffer): void {
    this.buffer = Buffer.concat([this.buffer, bytes]);
    for (let taken = this.take(this.buffer); taken !== undefined; taken = this.take(this.buffer)) {
      this.buffer = this.buffer.subarray(taken.length);
      this.waiting.shift()?.resolve(taken.reply);
    }
  }
}

/** It ended before the answer came: nobody knows whether the request was carried out. */
export class ConnectionLostError extends Error {
  constructor() {
    super('The connection ended before the answer came.');
  }
}
