import type { Type } from '@nestjs/common';
import { type DiscoveryService, ModuleRef } from '@nestjs/core';
import { InvalidActorClassError } from '../errors';

export type ProviderWrapper = ReturnType<DiscoveryService['getProviders']>[number];

/** What one instance is given: constructor arguments, and properties that `@Inject()` sets. */
interface Injected {
  readonly args: readonly unknown[];
  readonly properties: Readonly<Record<string | symbol, unknown>>;
}

/**
 * Makes instances of one actor class with the dependencies its module sees.
 *
 * Nest's own `ModuleRef.create` does that at some 50,000 a second. Where every dependency is a singleton its answer
 * is always the same, so it is asked once and the constructor is called directly from then on. A class with a
 * transient dependency gets a new one of it for each instance, from Nest.
 */
export class ActorFactory {
  private constructor(
    private readonly cls: Type<object>,
    private readonly modules: ModuleRef,
    /** `null`: they differ from instance to instance. */
    private readonly injected: Injected | null,
  ) {}

  /** Resolves the dependencies once, so that one that is missing or request-scoped stops the application here. */
  static async prepare(cls: Type<object>, wrapper: ProviderWrapper): Promise<ActorFactory> {
    const modules = wrapper.host?.getProviderByKey<ModuleRef>(ModuleRef).instance as ModuleRef;
    const injected = await inject(cls, modules);
    const isConstant = hasSingletonsOnly(wrapper, injected) ?? isSame(injected, await inject(cls, modules));
    return new ActorFactory(cls, modules, isConstant ? injected : null);
  }

  async create(): Promise<object> {
    if (this.injected === null) return this.modules.create(this.cls);
    const instance = new this.cls(...this.injected.args);
    return Object.assign(instance, this.injected.properties);
  }
}

/** Asks Nest for the dependencies of a class without running its constructor. */
async function inject(cls: Type<object>, modules: ModuleRef): Promise<Injected> {
  let args: readonly unknown[] = [];
  const probe = function (...given: unknown[]): void {
    args = given;
  } as unknown as Type<object>;
  Object.setPrototypeOf(probe, cls); // inherits the metadata Nest injects by
  Object.defineProperty(probe, 'name', { value: cls.name });
  try {
    const properties = { ...(await modules.create(probe)) };
    return { args, properties };
  } catch (error) {
    if ((error as Error).constructor.name === 'RequestScopedCreateException') throw requestScoped(cls, error);
    throw error;
  }
}

export function requestScoped(cls: Type<object>, cause?: unknown): InvalidActorClassError {
  return new InvalidActorClassError(
    cls.name,
    'it, or something it depends on, is request-scoped',
    'An actor outlives requests: inject a singleton, or pass the value in the message.',
    { cause },
  );
}

/**
 * `undefined` when Nest did not say: before version 12 it knows nothing about what a transient class depends on. An
 * alias may stand for a transient provider.
 */
function hasSingletonsOnly(wrapper: ProviderWrapper, { args, properties }: Injected): boolean | undefined {
  const parameters = listOf(wrapper.getCtorMetadata());
  const fields = listOf(wrapper.getPropertiesMetadata());
  if (parameters.length !== args.length || fields.length !== Reflect.ownKeys(properties).length) return undefined;
  return [...parameters, ...fields.map((field) => field.wrapper)].every(
    (dependency: ProviderWrapper | undefined) =>
      dependency !== undefined && !dependency.isAlias && !dependency.isTransient,
  );
}

/** The same objects twice come from singletons. Equal primitives prove nothing. */
function isSame(first: Injected, second: Injected): boolean {
  const valuesOf = ({ args, properties }: Injected) => [...args, ...Object.values(properties)];
  const again = valuesOf(second);
  return valuesOf(first).every((value, index) => Object(value) === value && value === again[index]);
}

/** Nest keeps no list where it has nothing to list, though its types say otherwise. */
export function listOf<T>(list: readonly T[] | undefined): readonly T[] {
  return list ?? [];
}
