import { InvalidSimulationError } from '../errors';
import type { KeptDecision } from './shrink';

/** `label#rank=value`: one decision, as it stands in replay code. */
export function writeSchedule(decisions: readonly KeptDecision[]): string[] {
  return decisions.map(({ label, rank, value }) => `${label}#${rank}=${value}`);
}

/** @throws InvalidSimulationError */
export function readSchedule(schedule: readonly string[]): KeptDecision[] {
  if (!Array.isArray(schedule)) throw new InvalidSimulationError('schedule', 'must be a list of decisions');
  return schedule.map((text: unknown) => {
    const match = typeof text === 'string' ? /^(.+)#(\d+)=(\d+)$/.exec(text) : null;
    if (match === null)
      throw new InvalidSimulationError('schedule', `has ${JSON.stringify(text)}, which is not <label>#<rank>=<value>`);
    return { label: match[1] as string, rank: Number(match[2]), value: Number(match[3]) };
  });
}
