export type { Boundary } from './boundary';
export type { CrashFailure, CrashReport, CrashStage } from './crash-report';
export { everyCrashPoint } from './every-crash-point';
export type { CrashPointOptions } from './options';
export type { CrashedEffect, CrashFacts, CrashingParts, CrashInvariant, CrashScenario } from './scenario';
