import type { Socket } from 'node:net';
import type { Ending } from './fault';

/**
 * Ends it now, whatever it still had to say.
 *
 * `resetAndDestroy` ends the stream before it resets: its RST comes behind a FIN, which the other side may have taken for a good end
 * by then. Marked first, `destroy` resets without one.
 */
export function endSocket(socket: Socket, how: Ending): void {
  if (how === 'reset' && !socket.connecting) Object.assign(socket, { resetAndClosing: true });
  socket.destroy();
}
