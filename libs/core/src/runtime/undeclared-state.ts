import type { LoggerService } from '@nestjs/common';
import { StateCollection, encodePayload, hashPayload, isPrimitive } from '#journal';
import type { ActorDefinition } from '../actor/actor-definition';

/** Larger or odder values are watched by identity only. */
const WATCHED_BYTES = 64 * 1024;

/**
 * Development only: finds fields that a turn changed although nobody stores them, which the next crash or
 * deactivation would silently lose. Injected services are watched by identity, plain data by content. Each field
 * of a class warns once.
 */
export class UndeclaredStateWatch {
  private readonly warned = new Set<string>();

  constructor(
    private readonly definition: ActorDefinition,
    private readonly logger: LoggerService,
  ) {}

  /** Content of the undeclared fields now. */
  baseline(instance: object): Map<string, unknown> {
    const fields = new Map<string, unknown>();
    for (const [name, value] of Object.entries(instance)) {
      if (!this.isDeclared(name)) fields.set(name, fingerprint(value));
    }
    return fields;
  }

  /** Warns about what changed since `before`. @returns the new baseline */
  check(instance: object, before: Map<string, unknown>): Map<string, unknown> {
    const now = this.baseline(instance);
    for (const [name, print] of now) {
      if (before.get(name) === print || this.warned.has(name)) continue;
      this.warned.add(name);
      this.logger.warn(
        `${this.definition.className}.${name} changed while a message was handled, but nothing stores it: its value is lost ` +
          'when the actor is deactivated, fails or restarts. Decorate it with @State(), or with @Transient() if that is meant.',
      );
    }
    return now;
  }

  private isDeclared(name: string): boolean {
    const { state } = this.definition;
    return state.custom || state.fields.includes(name) || state.transient.has(name);
  }
}

function fingerprint(value: unknown): unknown {
  if (isPrimitive(value) || typeof value === 'function' || typeof value === 'symbol') return value;
  if (value instanceof StateCollection) return value.encode().length;
  if (!isPlainData(value)) return value;
  try {
    return hashPayload(encodePayload(value, { maxBytes: WATCHED_BYTES }));
  } catch {
    return value; // holds something no codec keeps: identity is all that can be told
  }
}

function isPlainData(value: object): boolean {
  if (Array.isArray(value) || value instanceof Map || value instanceof Set || value instanceof Date) return true;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** One watch per actor class. */
export class StateWatches {
  private readonly watches = new Map<ActorDefinition, UndeclaredStateWatch>();

  constructor(private readonly logger: LoggerService) {}

  of({ definition }: { readonly definition: ActorDefinition }): UndeclaredStateWatch {
    let watch = this.watches.get(definition);
    if (watch === undefined) this.watches.set(definition, (watch = new UndeclaredStateWatch(definition, this.logger)));
    return watch;
  }
}
