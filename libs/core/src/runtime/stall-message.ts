import { MessageStalledError } from '../errors';
import type { DurableActivation } from './durable-activation';
import type { Message } from './message';
import { attemptStep } from './steps';

/** The message waits for code that can follow its record (P9), and the actor's line with it. */
export function stallMessage(host: DurableActivation, message: Message, cause: unknown): void {
  const { address, cls, env, recordedVersion } = host;
  message.attempts--; // the code was wrong, not the message
  host.line.append(attemptStep(message, [], env.now(), env.now()));
  message.fail(
    new MessageStalledError(address.encoded, message.id, recordedVersion, cls.definition.version, { cause }),
  );
  host.closed.close(message, cause as Error, false);
}
