import { ActorFailedError } from '../errors';
import type { Activation } from './activation';

/** Something threw where nothing may: the actor ends here, what is stored resumes in a new activation. */
export function endByDefect(activation: Activation, error: unknown): void {
  const { actorId, system } = activation;
  const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
  system.logger.error(`Defect while running ${actorId}: ${reason}`);
  activation.giveUp(new ActorFailedError(actorId, 'a turn', { cause: error }));
}
