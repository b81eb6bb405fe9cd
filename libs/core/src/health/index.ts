export { PlexSpacesHealthModule } from './health.module';
export type { PlexSpacesHealthOptions } from './health.options';
export { PlexSpacesHealth } from './plexspaces-health';
export type { HealthIndicator, HealthResult } from './result';
export { SUPERVISION_HEALTH, type SupervisionHealth } from './supervision-health';
