import type { StateImage } from '#journal';
import type { ActorId } from '#spi';
import type { StateLayout } from '../actor/actor-definition';
import type { ActorClass } from './actor-class';
import { LiveState } from './live-state';
import { frames } from '../turn/frame';

interface Hooks {
  onCreate?(...args: unknown[]): unknown;
  onActivate?(self: ActorId, ...runtimeArgs: readonly unknown[]): unknown;
  onDeactivate?(self: ActorId): unknown;
  onTerminate?(): unknown;
  fromSnapshot?(snapshot: unknown): void;
}

export function hooksOf(instance: object): Hooks {
  return instance;
}

function stateOf(
  layout: StateLayout,
  instance: object,
  image: StateImage | null,
  purpose: 'write' | 'read' | 'adopt',
): LiveState {
  if (image === null || purpose === 'write') return LiveState.writing(layout, instance, image);
  return purpose === 'read' ? LiveState.reading(layout, instance, image) : LiveState.adopting(layout, instance, image);
}

/**
 * A new instance with dependencies injected, state decoded from `image`, and `onActivate` run.
 * @param runtimeArgs what `respawn` gave it besides
 */
export async function openInstance(
  cls: ActorClass,
  self: ActorId,
  image: StateImage | null,
  purpose: 'write' | 'read' | 'adopt',
  runtimeArgs: readonly unknown[] = [],
): Promise<LiveState> {
  const { definition } = cls;
  return frames.exit(async () => {
    const instance = await definition.create();
    const state = stateOf(definition.state, instance, image, purpose);
    await hooksOf(instance).onActivate?.(self, ...runtimeArgs);
    return state;
  });
}
