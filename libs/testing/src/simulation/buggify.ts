import type { Type } from '@nestjs/common';
import {
  Actor,
  type ActorOptions,
  durability,
  type DurabilityOptions,
  type FacetSpec,
  UseFacets,
  virtualActor,
} from '#core';
import { type Choices, pick } from './choices';

/** Where the decorators leave what they were given. */
const ACTOR = Symbol.for('plexspaces:actor');
const FACETS = Symbol.for('plexspaces:facets');

/** Options of the actors that a seed sets for itself, so that what is rare in production is common here. */
export interface Knobs {
  readonly checkpointEvery: number | null;
  readonly compression: 'none' | null;
  readonly idleTimeoutMs: number | null;
  readonly maxMessages: number | null;
}

/** As the classes say. */
export const NO_KNOBS: Knobs = { checkpointEvery: null, compression: null, idleTimeoutMs: null, maxMessages: null };

/** `null`, as the class says it, is the tame choice. */
export function drawKnobs(choices: Choices): Knobs {
  return {
    checkpointEvery: pick(choices, [null, 3, 2, 1], 'knob.checkpointEvery'),
    compression: pick(choices, [null, 'none', 'none', 'none'] as const, 'knob.compression'),
    idleTimeoutMs: pick(choices, [null, 200, 40, 5, 1], 'knob.idleTimeout'),
    maxMessages: pick(choices, [null, null, null, 8, 2], 'knob.mailbox'),
  };
}

/** How long a lease on the store lasts; `null`, a store that knows none, is the tame choice, so that nodes overlap with nothing but the fence between them. */
export function drawLeaseTtl(choices: Choices): number | null {
  return pick(choices, [null, null, 500, 500, 1_000, 3_000], 'knob.lease');
}

/** Whether answers overlap with the next flush: what is measured says nothing on virtual time, so that each seed chooses. */
export function drawOverlap(choices: Choices): 'never' | 'always' {
  return pick(choices, ['never', 'always'], 'knob.overlap');
}

const variants = new WeakMap<Type<object>, Map<string, Type<object>>>();

/** The class with those options changed that it has: a subclass that stands in for it under the same type. */
export function variantOf(cls: Type<object>, knobs: Knobs): Type<object> {
  if (Object.values(knobs).every((knob) => knob === null)) return cls;
  let known = variants.get(cls);
  if (known === undefined) variants.set(cls, (known = new Map<string, Type<object>>()));
  const name = JSON.stringify(knobs);
  let variant = known.get(name);
  if (variant === undefined) known.set(name, (variant = makeVariant(cls, knobs)));
  return variant;
}

function makeVariant(cls: Type<object>, knobs: Knobs): Type<object> {
  const Variant = class extends cls {};
  Object.defineProperty(Variant, 'name', { value: cls.name });
  const options = Reflect.getMetadata(ACTOR, cls) as ActorOptions;
  const { maxMessages } = knobs;
  Actor(maxMessages === null ? options : { ...options, mailbox: { ...options.mailbox, maxMessages } })(Variant);
  const changed = facetsOf(cls).flatMap((spec) => changedSpec(spec, knobs) ?? []);
  UseFacets(...changed)(Variant);
  return Variant;
}

function changedSpec(spec: FacetSpec, knobs: Knobs): FacetSpec | null {
  const { checkpointEvery, compression, idleTimeoutMs } = knobs;
  if (spec.name === 'durability') {
    const { checkpointInterval: _, ...config } = spec.config as DurabilityOptions;
    return {
      ...spec,
      ...durability({
        ...config,
        ...(checkpointEvery === null ? {} : { checkpointEvery }),
        ...(compression === null ? {} : { compression }),
      }),
    };
  }
  if (spec.name !== 'virtual_actor' || idleTimeoutMs === null) return null;
  const { activationStrategy } = spec.config as { readonly activationStrategy?: 'lazy' | 'eager' };
  return {
    ...spec,
    ...virtualActor({
      idleTimeout: idleTimeoutMs,
      ...(activationStrategy === undefined ? {} : { activationStrategy }),
    }),
  };
}

/** Own facets first, then those of ancestors that it did not replace. */
function facetsOf(cls: Type<object>): FacetSpec[] {
  const specs = new Map<string, FacetSpec>();
  for (let at: unknown = cls; typeof at === 'function' && at !== Function.prototype; at = Object.getPrototypeOf(at)) {
    for (const spec of (Reflect.getOwnMetadata(FACETS, at) as readonly FacetSpec[] | undefined) ?? []) {
      if (!specs.has(spec.name)) specs.set(spec.name, spec);
    }
  }
  return [...specs.values()];
}
