import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DynamicModule, Type } from '@nestjs/common';
import {
  Actor,
  type ActorOptions,
  type FacetSpec,
  MemoryStorageModule,
  UseFacets,
  durability,
  virtualActor,
} from 'plexspaces';
import { TypeormStorageModule } from 'plexspaces/typeorm';

/** Declares `base`, whose members are decorated already, as an actor class with these facets. */
export function actorOf<T extends object>(base: Type<T>, options: ActorOptions, ...facets: FacetSpec[]): Type<T> {
  const made = { [base.name]: class extends (base as Type<object>) {} }[base.name] as Type<T>;
  UseFacets(...facets)(made);
  Actor(options)(made);
  return made;
}

/** One way to run the same class. */
export interface Kind {
  readonly name: string;
  readonly isDurable: boolean;
  readonly facets: readonly FacetSpec[];
  /** Virtual, so that a message is enough. */
  virtual<T extends object>(base: Type<T>, options?: Partial<ActorOptions>): Type<T>;
  /** Lives from `spawn` to `stop`. */
  regular<T extends object>(base: Type<T>, options?: Partial<ActorOptions>): Type<T>;
  storage(): DynamicModule;
}

const folders: string[] = [];

function kind(name: string, storage: () => DynamicModule, ...facets: FacetSpec[]): Kind {
  return {
    name,
    isDurable: facets.length > 0,
    facets,
    storage,
    virtual: (base, options) => actorOf(base, { type: 'subject', ...options }, ...facets, virtualActor()),
    regular: (base, options) => actorOf(base, { type: 'subject', ...options }, ...facets),
  };
}

export const PLAIN = kind('a plain actor', () => ({ module: MemoryStorageModule }));
export const DURABLE = kind('a durable actor on memory', () => ({ module: MemoryStorageModule }), durability());
export const ON_SQLITE = kind('a durable actor on SQLite', sqliteFile, durability());

export const KINDS: readonly Kind[] = [PLAIN, DURABLE, ON_SQLITE];

/** After the applications on them are closed. */
export function removeFiles(): void {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
}

function sqliteFile(): DynamicModule {
  const folder = mkdtempSync(join(tmpdir(), 'plexspaces-actors-'));
  folders.push(folder);
  return TypeormStorageModule.sqlite(join(folder, 'journal.db'));
}
