import type { ActivationStarted } from '#journal';
import type { ActorStatus } from '#spi';
import { CommitLine, type Refusal, type Step } from './commit-line';
import type { DurableActivation } from './durable-activation';
import type { Message } from './message';
import type { RecoveredActor } from './recover-actor';
import { CREATE } from './system-messages';

/** The line of commits of an activation, under an incarnation id of its own (P10). */
export function openLine(
  host: DurableActivation,
  found: RecoveredActor,
  onRefused: (refusal: Refusal, steps: readonly Step[]) => void,
): CommitLine {
  const { system, cls, address, env } = host;
  const { version, schema } = cls.definition;
  const started = (epoch: number): ActivationStarted => ({
    kind: 'ActivationStarted',
    epoch,
    node: system.nodeId,
    codeVersion: version,
    facetChain: cls.chain.replayFingerprint,
    reset: found.reset,
    schema,
  });
  const statusDuring = (message: Message): ActorStatus =>
    message.handler === CREATE && !host.exists ? 'absent' : 'live';
  const { codec } = system.options;
  const writer = `${system.nodeId}/${env.id()}`;
  const identity = { statusDuring, actor: address.encoded, writer, schema, codec, started };
  return new CommitLine(env, system.writer, identity, found.head, found.image, onRefused);
}
