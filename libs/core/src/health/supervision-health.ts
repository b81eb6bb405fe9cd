import type { Supervision } from '../supervision/supervision';

/** What supervision says of itself; whoever supervises provides it under {@link SUPERVISION_HEALTH}. @publicApi */
export interface SupervisionHealth {
  /** `failed`: supervisors that gave up, by name. */
  status(): { readonly supervisors: number; readonly failed: readonly string[] };
}

/** DI token of a {@link SupervisionHealth} of your own. Without one it is what the supervisors of this process say. */
export const SUPERVISION_HEALTH = Symbol.for('plexspaces:supervision-health');

/** Supervisors at the top that gave up: what is below them is down, and nobody starts it again. */
export function statusOf(supervision: Supervision): ReturnType<SupervisionHealth['status']> {
  const { isUp, supervisors } = supervision.status();
  const given = isUp ? [] : supervisors.filter(({ parent, status }) => parent === null && status !== 'running');
  return { supervisors: supervisors.length, failed: given.map(({ name }) => name) };
}
