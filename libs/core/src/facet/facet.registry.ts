import { Injectable, Optional, type Type } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { InvalidFacetConfigError, InvalidFacetError, UnknownFacetError } from '../errors';
import { BUILT_IN_FACETS, BUILT_IN_INSTANCE } from './builtin-facets';
import { type CheckedConfig, compileOptions } from './check-options';
import { type ConfigOption, type Facet, FacetBand, type FacetDescriptor, type FacetSpec } from './facet';
import type { ResolvedFacet } from './facet-chain';
import { facetOptionsOf } from './facet-spec';
import { compileSchema, listSchemaOptions } from './schema-options';
import { HANDLER_SCOPE } from './turn-port';

/** A facet to register under a name: what it is, and the provider that does it. @publicApi */
export interface FacetRegistration extends FacetDescriptor {
  /** Where it runs when nobody says otherwise: a whole number from 1 up. */
  readonly priority: number;
  /** The instance, or the class of a provider. */
  readonly facet: Facet | Type<Facet>;
  /** Default: what `@Facet(…)` on the class says, else `skip`. */
  readonly onReplay?: 'skip' | 'run';
  /** Checks the configuration in place of `configOptions`. */
  readonly schema?: StandardSchemaV1;
}

/** What the registry tells about a facet. @publicApi */
export interface FacetListing extends FacetDescriptor {
  readonly name: string;
  readonly priority: number;
  readonly onReplay: 'skip' | 'run';
}

interface Registered extends FacetListing {
  readonly builtIn: boolean;
  readonly instance: Facet;
  readonly check: (given: Readonly<Record<string, unknown>>) => CheckedConfig;
}

const NAME = /^[A-Za-z][\w.-]{0,63}$/;

/** Every facet an actor of this application can have, by name: built in, discovered, or registered at run time. @publicApi */
@Injectable()
export class FacetRegistry {
  private readonly facets = new Map<string, Registered>(
    BUILT_IN_FACETS.map((facet) => [
      facet.name,
      { ...facet, category: 'infrastructure', onReplay: 'skip', builtIn: true, instance: BUILT_IN_INSTANCE },
    ]),
  );

  constructor(@Optional() private readonly modules?: ModuleRef) {}

  /** Any module may register, any actor may attach afterwards. @throws InvalidFacetError for a name that is taken or an unusable facet */
  register(name: string, registration: FacetRegistration): void {
    const { description, category, schema } = registration;
    checkName(name);
    const taken = this.facets.get(name);
    if (taken) {
      const owner = taken.builtIn ? 'of a built-in facet' : 'registered already';
      throw new InvalidFacetError(
        name,
        `its name is ${owner}; give it another, or provide its class in one module only`,
      );
    }
    checkPriority(name, registration.priority);
    const configOptions = schema ? listSchemaOptions(schema) : registration.configOptions;
    const declared = typeof registration.facet === 'function' ? facetOptionsOf(registration.facet) : undefined;
    this.facets.set(name, {
      name,
      description,
      category,
      configOptions,
      priority: registration.priority,
      onReplay: registration.onReplay ?? declared?.onReplay ?? 'skip',
      builtIn: false,
      check: schema ? checkBySchema(name, schema) : checkByList(name, configOptions),
      instance: this.instanceOf(name, registration.facet),
    });
  }

  has(name: string): boolean {
    return this.facets.has(name);
  }

  /** @throws UnknownFacetError */
  get(name: string): FacetListing {
    return describe(this.find(name));
  }

  /** Built-in and custom facets, by name. */
  list(): FacetListing[] {
    return [...this.facets.values()].map(describe).sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** @throws UnknownFacetError, InvalidFacetConfigError, InvalidFacetError for a priority it cannot run at */
  resolve(spec: FacetSpec): ResolvedFacet {
    const { name, category, onReplay, instance, builtIn, check, ...facet } = this.find(spec.name);
    const priority = spec.priority ?? facet.priority;
    checkPriority(name, priority);
    if (builtIn && priority >= FacetBand.Domain) {
      throw new InvalidFacetError(name, `it cannot have priority ${priority}: it works at the commit, at 1–99`);
    }
    if (!builtIn) checkBand(name, priority, instance);
    const given: unknown = spec.config;
    if (typeof given !== 'object' || given === null || Array.isArray(given)) {
      throw new InvalidFacetConfigError(name, 'config', 'must be an object of options');
    }
    return Object.freeze({ name, priority, category, ...check(spec.config), onReplay, instance });
  }

  private find(name: string): Registered {
    const found = this.facets.get(name);
    if (!found) throw new UnknownFacetError(name, [...this.facets.keys()].sort());
    return found;
  }

  private instanceOf(name: string, facet: Facet | Type<Facet>): Facet {
    if (typeof facet !== 'function') return facet;
    try {
      return (this.modules as ModuleRef).get<Facet>(facet, { strict: false });
    } catch {
      throw new InvalidFacetError(name, `${facet.name} is not a provider; list it among the providers of a module`);
    }
  }
}

function describe({ name, description, category, configOptions, priority, onReplay }: Registered): FacetListing {
  return { name, description, category, configOptions, priority, onReplay };
}

function checkByList(name: string, options: readonly ConfigOption[]): Registered['check'] {
  const check = compileOptions(name, options);
  return (given) => {
    const config = check(given); // checking it again changes nothing
    return { config, options: config };
  };
}

/** A schema may transform, so what it made cannot be given to it again. */
function checkBySchema(name: string, schema: StandardSchemaV1): Registered['check'] {
  const check = compileSchema(name, schema);
  return (given) => ({ config: check(given), options: given });
}

/** The name is part of idempotency keys and of the journal, where `/` and `:` separate. */
function checkName(name: string): void {
  if (NAME.test(name) && name !== HANDLER_SCOPE) return;
  throw new InvalidFacetError(
    JSON.stringify(name),
    `its name must be a letter followed by at most 63 letters, digits, '_', '-' or '.', and not '${HANDLER_SCOPE}'`,
  );
}

function checkPriority(name: string, priority: unknown): void {
  if (Number.isSafeInteger(priority) && (priority as number) >= FacetBand.Persistence) return;
  throw new InvalidFacetError(name, `priority ${String(priority)} is not a whole number from 1 up`);
}

/** A hook that is never called at its priority would fail in silence. */
function checkBand(name: string, priority: number, facet: Facet): void {
  const wraps = facet.intercept !== undefined || facet.onMessage !== undefined || facet.onError !== undefined;
  const commits = facet.onCommit !== undefined;
  if (priority < FacetBand.Domain && wraps && !commits) {
    throw new InvalidFacetError(
      name,
      `at priority ${priority} its intercept, onMessage and onError are never called; give it 100 or more`,
    );
  }
  if (priority >= FacetBand.Domain && commits && !wraps) {
    throw new InvalidFacetError(name, `at priority ${priority} its onCommit is never called; give it 1–99`);
  }
}
