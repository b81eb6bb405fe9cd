import { parseDuration, checkIdComponent } from '#spi';
import type { ActorDefinition } from '../actor/actor-definition';
import { InvalidSupervisorError } from '../errors';
import type { ChildSpec, RestartType } from './child-spec';
import type { ActorChildDefinition } from './supervisor-definition';

const RESTARTS: readonly RestartType[] = ['permanent', 'transient', 'temporary'];
const KNOWN = ['id', 'restart', 'shutdown', 'args', 'startTimeout'];

/** @throws InvalidSupervisorError */
export function readRestart(supervisor: string, { cls, options }: ChildSpec): RestartType {
  const { restart = 'permanent' } = options;
  if (RESTARTS.includes(restart)) return restart;
  throw new InvalidSupervisorError(
    supervisor,
    `restart of its child ${cls.name} is ${restart as string}`,
    `Use one of ${RESTARTS.join(', ')}.`,
  );
}

/** An actor as a child. @throws InvalidSupervisorError */
export function readActorChild(supervisor: string, spec: ChildSpec, definition: ActorDefinition): ActorChildDefinition {
  const { cls, key, options } = spec;
  const attempt = <T>(what: string, read: () => T): T => {
    try {
      return read();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new InvalidSupervisorError(
        supervisor,
        `${what} of its child ${cls.name} is refused: ${reason}`,
        'Correct it.',
      );
    }
  };
  const unknown = Object.keys(options).find((option) => !KNOWN.includes(option));
  if (unknown !== undefined)
    throw new InvalidSupervisorError(
      supervisor,
      `its child ${cls.name} has no option ${unknown}`,
      `Options: ${KNOWN.join(', ')}.`,
    );
  const name = attempt('the key', () => {
    checkIdComponent('key', key);
    return key;
  });
  const { id = `${definition.type}/${name}`, shutdown = '5s', startTimeout = '30s', args = null } = options;
  return {
    kind: 'actor',
    id,
    restart: readRestart(supervisor, spec),
    definition,
    key: name,
    args,
    shutdownMs: attempt('shutdown', () => shutdownMs(shutdown)),
    startTimeoutMs: attempt('startTimeout', () => parseDuration(startTimeout)),
  };
}

function shutdownMs(shutdown: NonNullable<ChildSpec['options']['shutdown']>): number {
  if (shutdown === 'brutal') return 0;
  return shutdown === 'infinity' ? Number.POSITIVE_INFINITY : parseDuration(shutdown);
}
