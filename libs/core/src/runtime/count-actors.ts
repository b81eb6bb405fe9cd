import type { Activation } from './activation';
import type { ActorState } from './lifecycle-events';

/** Actors of this process, by type and state. @publicApi */
export interface ActorCounts {
  /** In memory with an instance. */
  readonly active: number;
  /** Without an instance, but for their state: actors without a journal that left when they were idle. */
  readonly passive: number;
  /** The same by type, then by state; passive ones are `Inactive`. A durable actor that is not in memory is not counted: only its store knows of it. */
  readonly byType: Readonly<Record<string, Readonly<Partial<Record<ActorState, number>>>>>;
}

/** Takes a look at each. @param passiveTypes of each passive actor, its type */
export function countActors(active: Iterable<Activation>, passiveTypes: Iterable<string>): ActorCounts {
  const byType: Record<string, Partial<Record<ActorState, number>>> = {};
  const add = (type: string, state: ActorState): void => {
    const counts = (byType[type] ??= {});
    counts[state] = (counts[state] ?? 0) + 1;
  };
  let [inMemory, passive] = [0, 0];
  for (const { actor, state } of active) {
    add(actor.type, state);
    inMemory++;
  }
  for (const type of passiveTypes) {
    add(type, 'Inactive');
    passive++;
  }
  return { active: inMemory, passive, byType };
}
