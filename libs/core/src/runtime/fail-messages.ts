import type { Message } from './message';
import type { SystemPort } from './system-port';

/** Whoever waits for these is told; rows still on their way to the store bring the messages back from there. */
export function failMessages(system: SystemPort, messages: readonly Message[], error: unknown): void {
  for (const message of messages) system.adrift.add(message); // all of them: the first to leave may bring up the next activation
  for (const message of messages) {
    message.fail(error);
    message.leave();
  }
}
