import { ActorRef, durability, Handle, State, virtualActor } from 'plexspaces';
import { type TypeormPostgresOptions, TypeormStorageModule } from 'plexspaces/typeorm';
import { type App, startApp } from '../../support/app';
import { actorOf } from '../../support/kinds';

class TallyBase {
  /** Every increment that has changed this state, in its order. */
  @State() ids: string[] = [];

  @Handle() add(id: string): number {
    return this.ids.push(id);
  }

  @Handle({ readOnly: true }) seen(): string[] {
    return this.ids;
  }
}

export const Tally = actorOf(TallyBase, { type: 'tally' }, durability({ checkpointEvery: 50 }), virtualActor());

/** Actors that write down who changed them, and a list of what their callers were told. */
export class Counters {
  private readonly asked = new Map<string, Set<string>>();
  private readonly acked = new Map<string, Set<string>>();
  private next = 0;

  private constructor(private readonly app: App) {}

  static async start(url: string, options: TypeormPostgresOptions): Promise<Counters> {
    return new Counters(await startApp({ actors: [Tally], storage: TypeormStorageModule.postgres(url, options) }));
  }

  get unknown(): number {
    return count(this.asked) - count(this.acked);
  }

  get acknowledged(): number {
    return count(this.acked);
  }

  /** One increment of each key at once. @returns how many of them were acknowledged */
  async round(keys: readonly string[]): Promise<number> {
    const before = this.acknowledged;
    await Promise.all(keys.map((key) => this.add(key)));
    return this.acknowledged - before;
  }

  /** Rounds until one in which every increment is acknowledged. */
  async recover(keys: readonly string[], rounds = 200): Promise<void> {
    for (let round = 0; round < rounds; round++) {
      if ((await this.round(keys)) === keys.length) return;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    throw new Error(`No progress in ${rounds} rounds.`);
  }

  close(): Promise<void> {
    return this.app.close();
  }

  /** What is stored, by a node of its own, against what callers were told. @returns what is wrong */
  async judge(url: string, options: TypeormPostgresOptions): Promise<string[]> {
    const fresh = await startApp({ actors: [Tally], storage: TypeormStorageModule.postgres(url, options) });
    const wrong: string[] = [];
    for (const [key, asked] of this.asked) {
      const stored = await (fresh.client(Tally).ref(key) as ActorRef<TallyBase>).ask.seen();
      const once = new Set(stored);
      if (once.size !== stored.length) wrong.push(`${key}: ${stored.length - once.size} increments twice`);
      for (const id of this.acked.get(key) ?? []) if (!once.has(id)) wrong.push(`${key}: acknowledged ${id} is lost`);
      for (const id of once) if (!asked.has(id)) wrong.push(`${key}: nobody asked for ${id}`);
    }
    await fresh.close();
    return wrong;
  }

  private async add(key: string): Promise<void> {
    const id = `${key}-${this.next++}`;
    entry(this.asked, key).add(id);
    const ref = this.app.client(Tally).ref(key) as ActorRef<TallyBase>;
    const told = await ref
      .with({ idempotencyKey: id, timeout: '20s' })
      .ask.add(id)
      .catch(() => undefined);
    if (told !== undefined) entry(this.acked, key).add(id);
  }
}

function entry(map: Map<string, Set<string>>, key: string): Set<string> {
  const found = map.get(key) ?? new Set();
  map.set(key, found);
  return found;
}

function count(map: ReadonlyMap<string, ReadonlySet<string>>): number {
  return [...map.values()].reduce((sum, { size }) => sum + size, 0);
}
