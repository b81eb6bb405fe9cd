/** What supervision says of itself; whoever supervises provides it under {@link SUPERVISION_HEALTH}. @publicApi */
export interface SupervisionHealth {
  /** `failed`: supervisors that gave up, by name. */
  status(): { readonly supervisors: number; readonly failed: readonly string[] };
}

/** DI token of a {@link SupervisionHealth}. Without one nothing is supervised, and nothing has given up. */
export const SUPERVISION_HEALTH = Symbol.for('plexspaces:supervision-health');
