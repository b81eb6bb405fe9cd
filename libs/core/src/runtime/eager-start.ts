import { decodeActorId } from '#spi';
import type { ActorClass } from './actor-class';
import { makeAddress } from './address';
import type { SystemPort } from './system-port';

const PAGE = 256;

/** Activates every known durable actor of the classes that ask for it (`activationStrategy: 'eager'`). */
export async function startEager(system: SystemPort, classes: readonly ActorClass[]): Promise<void> {
  const eager = new Map(
    classes.filter(({ definition }) => definition.virtual?.eager === true).map((cls) => [cls.definition.type, cls]),
  );
  if (eager.size === 0) return;
  for (let after = ''; ;) {
    const page = await system.storage.journal.actors('', after, PAGE);
    await Promise.all(page.map((actor) => activateOne(system, eager, actor)));
    if (page.length < PAGE) return;
    after = page[page.length - 1] as string;
  }
}

async function activateOne(system: SystemPort, eager: ReadonlyMap<string, ActorClass>, actor: string): Promise<void> {
  const id = decodeActorId(actor);
  const cls = eager.get(id.type);
  if (cls === undefined) return;
  try {
    await system.activate(makeAddress(cls.definition, id.key, id));
  } catch (error) {
    system.logger.error(`${actor} could not be activated at start: ${String(error)}`);
  }
}
