import type { ModuleMetadata } from '@nestjs/common';
import { PlexSpacesModule } from '#core';

type Imports = Iterable<unknown>;

/** Does one of these modules, or one that they import, call `PlexSpacesModule.forRoot`? */
export async function hasRuntime(imports: Imports, seen = new Set<unknown>()): Promise<boolean> {
  for (const given of imports) {
    const imported = resolve(await given);
    if (imported === null || seen.has(imported)) continue;
    seen.add(imported);
    const { module, imports: dynamic = [] } = partsOf(imported);
    if (module === PlexSpacesModule) return true;
    if (await hasRuntime([...declaredImports(module), ...dynamic], seen)) return true;
  }
  return false;
}

function resolve(imported: unknown): unknown {
  const forward = imported as { forwardRef?: unknown } | null | undefined;
  if (typeof forward !== 'object' || forward === null) return imported ?? null;
  return typeof forward.forwardRef === 'function' ? (forward.forwardRef as () => unknown)() : imported;
}

function partsOf(imported: unknown): { readonly module: unknown; readonly imports?: Imports } {
  return typeof imported === 'object' ? (imported as { module: unknown; imports?: Imports }) : { module: imported };
}

function declaredImports(module: unknown): Imports {
  if (typeof module !== 'function') return [];
  return (Reflect.getMetadata('imports', module) as ModuleMetadata['imports']) ?? [];
}
