import { Test, type TestingModule } from '@nestjs/testing';
import {
  Actor,
  type ActorRef,
  ActorClient,
  Handle,
  MemoryStorage,
  PlexSpacesModule,
  State,
  StateMap,
  UseFacets,
  durability,
  getActorToken,
  virtualActor,
} from 'plexspaces';
import { STORAGE, type Storage } from 'plexspaces/spi';

// Figures that hold on every machine: counts and sizes. What takes how long is measured by bench/.

const CHECKPOINT_EVERY = 100;
/** Half way between two checkpoints: the usual case. */
const MESSAGES = 10 * CHECKPOINT_EVERY + CHECKPOINT_EVERY / 2;

/** The stated workload of bench/README.md: with each message the state grows by an entry. */
@Actor({ type: 'ledger' })
@UseFacets(durability({ checkpointEvery: CHECKPOINT_EVERY }), virtualActor())
class Ledger {
  @State() count = 0;
  @State() lines = new StateMap<string, { readonly item: string; readonly amount: number }>();

  @Handle()
  write(): number {
    const count = ++this.count;
    const scattered = (count * 7_919) % 104_729;
    this.lines.set(`line-${count}`, { item: `item-${scattered}`, amount: scattered });
    return count;
  }

  @Handle({ readOnly: true })
  total(): number {
    let total = 0;
    for (const [, { amount }] of this.lines) total += amount;
    return total;
  }
}

describe('figures', () => {
  const storage = new MemoryStorage();
  let app: TestingModule | undefined;

  /** The application on a store that outlives it. */
  async function start(store: Storage): Promise<ActorRef<Ledger>> {
    await app?.close();
    class KeptStorageModule {}
    const kept = {
      module: KeptStorageModule,
      providers: [{ provide: STORAGE, useValue: store }],
      exports: [STORAGE],
    };
    app = await Test.createTestingModule({
      imports: [PlexSpacesModule.forRoot({ storage: kept }), PlexSpacesModule.forFeature([Ledger])],
    }).compile();
    await app.init();
    return app.get<ActorClient<Ledger>>(getActorToken(Ledger), { strict: false }).ref('a');
  }

  let total: number;
  let actorId: string;

  beforeAll(async () => {
    const ledger = await start(storage);
    for (let i = 0; i < MESSAGES; i++) await ledger.ask.write();
    total = await ledger.ask.total();
    ({ actorId } = ledger);
  });

  afterAll(async () => {
    await app?.close();
    await storage.close();
  });

  it('recovery from a checkpoint reads at most 10 % of what a full replay reads (PF01)', async () => {
    const { seq: entries } = await storage.journal.head(actorId);

    const replayed = countReads(withoutCheckpoints(storage));
    expect(await (await start(replayed.storage)).ask.total()).toBe(total);
    expect(replayed.entries()).toBe(entries);

    const recovered = countReads(storage);
    expect(await (await start(recovered.storage)).ask.total()).toBe(total);
    expect(recovered.entries()).toBeGreaterThan(0);
    expect(recovered.entries()).toBeLessThanOrEqual(entries * 0.1);
  });

  it('a checkpoint takes at most 15 % of the journal it stands for (PF07)', async () => {
    const checkpoint = await storage.checkpoints.latest(actorId);
    if (checkpoint === null) throw new Error('no checkpoint was taken');

    let journalBytes = 0;
    for await (const page of storage.journal.read(actorId, 0, checkpoint.seq))
      for (const { bytes } of page) journalBytes += bytes.length;
    expect(checkpoint.bytes.length / journalBytes).toBeLessThanOrEqual(0.15);
  });
});

function countReads(storage: Storage): { readonly storage: Storage; entries(): number } {
  let entries = 0;
  const journal = Object.create(storage.journal, {
    read: {
      value: async function* (...range: Parameters<Storage['journal']['read']>) {
        for await (const page of storage.journal.read(...range)) {
          entries += page.length;
          yield page;
        }
      },
    },
  }) as Storage['journal'];
  return { storage: { ...parts(storage), journal }, entries: () => entries };
}

function withoutCheckpoints(storage: Storage): Storage {
  const checkpoints = Object.create(storage.checkpoints, {
    latest: { value: () => Promise.resolve(null) },
    list: { value: () => Promise.resolve([]) },
  }) as Storage['checkpoints'];
  return { ...parts(storage), checkpoints };
}

function parts({ journal, inbox, checkpoints }: Storage): Storage {
  return { journal, inbox, checkpoints };
}
