import { registerPayloadClass, StateCollection, StateImage } from '#journal';
import type { ActorDefinition } from '../actor/actor-definition';
import { InvalidSnapshotError } from '../errors';
import { hooksOf } from '../runtime/instance-factory';
import { SNAPSHOT_SLOT } from '../runtime/live-state';
import type { Turn } from '../turn/turn';
import type { Creation } from './creation';

type Fields = Record<string, unknown>;

/**
 * A snapshot as the argument of an actor's first turn, in place of those of `onCreate`. A class of its own, so that no
 * plain data of a request can pass for one. It shares nothing with the object it was made from.
 */
export class SnapshotArgument {
  private constructor(readonly bytes: Uint8Array) {}

  /** @throws InvalidSnapshotError, InvalidPayloadError, PayloadTooLargeError */
  static of(definition: ActorDefinition, actor: string, snapshot: unknown): SnapshotArgument {
    const slots = definition.state.custom ? { [SNAPSHOT_SLOT]: snapshot } : fieldsOf(definition, actor, snapshot);
    return new SnapshotArgument(StateImage.of(slots).encode());
  }

  static decode(bytes: Uint8Array): SnapshotArgument {
    return new SnapshotArgument(bytes);
  }

  /** Gives a new instance this state, and has it rebuild what is not stored. Fields that are not named keep their initial values. */
  restore({ instance, definition, actor, received }: Turn): unknown {
    const image = StateImage.decode(this.bytes);
    const hooks = hooksOf(instance);
    const { runtimeArgs } = (received.system ?? {}) as Partial<Creation>;
    if (definition.state.custom) hooks.fromSnapshot?.(image.materialise(SNAPSHOT_SLOT));
    else for (const name of image.names()) setField(instance as Fields, name, image.materialise(name));
    return hooks.onActivate?.(actor, ...(runtimeArgs ?? []));
  }
}

registerPayloadClass(SnapshotArgument as unknown as new () => SnapshotArgument, {
  name: 'plexspaces:snapshot',
  encode: ({ bytes }) => ({ bytes }),
  decode: ({ bytes }) => SnapshotArgument.decode(bytes as Uint8Array),
});

function fieldsOf({ state, className }: ActorDefinition, actor: string, snapshot: unknown): Fields {
  if (typeof snapshot !== 'object' || snapshot === null || Array.isArray(snapshot))
    throw new InvalidSnapshotError(actor, 'it is not an object of @State() fields');
  const unknown = Object.keys(snapshot).filter((name) => !state.fields.includes(name));
  if (unknown.length === 0) return snapshot as Fields;
  const known = state.fields.join(', ') || 'none';
  throw new InvalidSnapshotError(
    actor,
    `${unknown.join(', ')} is no @State() field of ${className}, which has: ${known}`,
  );
}

/** A collection keeps its class when the snapshot has a plain Map, Set or array in its place, as `stateAt` gives them. */
function setField(fields: Fields, name: string, value: unknown): void {
  const initial = fields[name];
  if (!(initial instanceof StateCollection) || value instanceof StateCollection) fields[name] = value;
  else fields[name] = Reflect.construct(initial.constructor, [value]);
}
