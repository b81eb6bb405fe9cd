// Names of the simulation, part of the door ./testing.
export { type Choices, type Decision, pick, SeededChoices } from './choices';
export { DEFAULT_FAULTS, type FaultName, type Faults } from './fault-mix';
export { Outside } from './outside';
export type { CallOptions, SimClient } from './sim-client';
export type { SimWorld } from './sim-world';
export { simulate, type SimulationReport } from './simulate';
export type { SimulateOptions } from './simulate-options';
export type { SimulationRun } from './simulation';
