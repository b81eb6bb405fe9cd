import type { DynamicModule } from '@nestjs/common';
import { Test, type TestingModule, type TestingModuleBuilder } from '@nestjs/testing';
import { ActorSystem, PlexSpacesModule, RUNTIME_PROBE } from '#core';
import { ENV, type Env, STORAGE, type Storage } from '#spi';
import { InvalidTestOptionError } from '../errors';
import type { EffectFakes } from '../fakes/effect-fakes';
import { hasRuntime } from './find-runtime';
import { KitProbe } from './kit-probe';
import { Life } from './life';
import { viewFromOutside } from './outside-view';
import { type TestParts, isStorage, keep } from './test-parts';

/** A change to Nest's builder that the user asked for: `overrideProvider(…).useValue(…)`, `setLogger(…)`. */
export type Amendment = (builder: TestingModuleBuilder) => TestingModuleBuilder;

export interface Blueprint {
  readonly parts: TestParts;
  readonly amendments: readonly Amendment[];
  readonly clock: Env;
  readonly fakes: EffectFakes;
  /** The store of this life, or `null` when a module of the application opens it. */
  readonly store: Storage | null;
}

/** An application that is made, and what is needed to end it. */
export interface CompiledLife {
  readonly life: Life;
  readonly module: TestingModule;
  /** As seen from outside. */
  readonly system: ActorSystem;
  readonly storage: Storage;
  /** Its own storage module opened the store: it has to be closed when the life ends without a shutdown. */
  readonly opened: Storage | null;
}

class TestKitModule {}

export async function compileLife(blueprint: Blueprint): Promise<CompiledLife> {
  const { clock, fakes, store, amendments } = blueprint;
  const life = new Life(clock);
  const probe = new KitProbe(life, fakes, blueprint.parts.codecCheck ?? true);
  const builder = Test.createTestingModule({
    imports: [
      {
        module: TestKitModule,
        global: true,
        providers: [{ provide: RUNTIME_PROBE, useValue: probe }],
        exports: [RUNTIME_PROBE],
      },
      ...(await modulesOf(blueprint)),
    ],
  });
  builder.overrideProvider(ENV).useValue(life.env);
  if (store !== null) builder.overrideProvider(STORAGE).useValue(closable(store));
  const module = await amendments.reduce((made, amend) => amend(made), builder).compile();
  const storage = store ?? module.get<Storage>(STORAGE, { strict: false });
  const opened = store === null ? storage : null;
  return {
    life,
    module,
    storage,
    opened,
    system: viewFromOutside(module.get(ActorSystem, { strict: false }), life, storage),
  };
}

async function modulesOf({ parts, store }: Blueprint): Promise<NonNullable<TestParts['imports']>> {
  const { actors = [], providers = [], imports = [], controllers = [], options, checkpoints, storage } = parts;
  const feature = { ...PlexSpacesModule.forFeature([...actors, ...providers], { imports: [...imports] }), controllers };
  if (!(await hasRuntime(imports))) {
    const given = store === null ? (storage as DynamicModule) : keep(store);
    return [PlexSpacesModule.forRoot({ ...options, storage: given, checkpoints }), ...imports, feature];
  }
  const ownSay = { options, checkpoints, storage: storage !== undefined && !isStorage(storage) ? storage : undefined };
  for (const [option, value] of Object.entries(ownSay))
    if (value !== undefined)
      throw new InvalidTestOptionError(
        option,
        'cannot be given when a module of `imports` calls PlexSpacesModule.forRoot; say it there, or give a Storage',
      );
  return [...imports, feature];
}

/** A module that thinks it opened the store closes it; it is not its own. */
function closable({ journal, inbox, checkpoints, leases, openedWith }: Storage): Storage & { close(): Promise<void> } {
  const close = (): Promise<void> => Promise.resolve();
  return { journal, inbox, checkpoints, leases, close, ...(openedWith === undefined ? {} : { openedWith }) };
}
