import { Test } from '@nestjs/testing';
import {
  Actor,
  type ActorClient,
  Handle,
  PlexSpacesModule,
  State,
  UseFacets,
  durability,
  getActorToken,
  virtualActor,
} from 'plexspaces';
import {
  type EntryRecord,
  type HeadRow,
  type JournalStorage,
  type Outcome,
  STORAGE,
  type Storage,
  type Write,
} from 'plexspaces/spi';
import { describeJournalStorage } from 'plexspaces/testing/conformance';
import { MemoryStorage } from '#storage/memory';

/** A store as a user writes one: it keeps a log of its own of what was committed, and has another store keep the rest. */
class AuditedJournal implements JournalStorage {
  readonly name = 'audited';
  readonly log: string[] = [];

  constructor(private readonly inner: JournalStorage) {}

  get capabilities() {
    return this.inner.capabilities;
  }

  async flush(writes: readonly Write[]): Promise<readonly Outcome[]> {
    const outcomes = await this.inner.flush(writes);
    writes.forEach((write, i) => {
      if (write.kind === 'append' && outcomes[i]?.kind === 'committed') this.log.push(write.actor);
    });
    return outcomes;
  }

  head(actor: string) {
    return this.inner.head(actor);
  }

  read(actor: string, afterSeq: number, throughSeq?: number) {
    return this.inner.read(actor, afterSeq, throughSeq);
  }

  truncate(actor: string, throughSeq: number) {
    return this.inner.truncate(actor, throughSeq);
  }

  purge(actors: readonly string[]) {
    return this.inner.purge(actors);
  }

  restore(actor: string, entries: readonly EntryRecord[], head: HeadRow | null) {
    return this.inner.restore(actor, entries, head);
  }

  actors(prefix: string, after: string, limit: number) {
    return this.inner.actors(prefix, after, limit);
  }

  close() {
    return this.inner.close();
  }
}

function audited(inner: MemoryStorage): Storage & { readonly journal: AuditedJournal } {
  return { journal: new AuditedJournal(inner.journal), inbox: inner.inbox, checkpoints: inner.checkpoints };
}

const { tables } = new MemoryStorage();
describeJournalStorage({
  name: '[ST01] a store of the user’s own',
  expects: { persistent: false, shared: false, rows: false },
  open: () => Promise.resolve(audited(new MemoryStorage(tables))),
  destroy: () => Promise.resolve(),
});

@Actor({ type: 'store-counter' })
@UseFacets(durability(), virtualActor())
class Counter {
  @State() value = 0;

  @Handle()
  add(by: number): number {
    this.value += by;
    return this.value;
  }
}

it('[ST01] [ST10] serves an application: 100 actors interleaved on one store, and no entry crosses', async () => {
  const storage = audited(new MemoryStorage());
  class UserStorageModule {}
  const module = await Test.createTestingModule({
    imports: [
      PlexSpacesModule.forRoot({
        storage: {
          module: UserStorageModule,
          providers: [{ provide: STORAGE, useValue: storage }],
          exports: [STORAGE],
        },
      }),
      PlexSpacesModule.forFeature([Counter]),
    ],
  }).compile();
  await module.init();
  const counters = module.get<ActorClient<Counter>>(getActorToken(Counter));
  const keys = Array.from({ length: 100 }, (_, i) => `k${i}`);
  for (let round = 1; round <= 5; round++) {
    const answers = await Promise.all(keys.map((key, i) => counters.ref(key).ask.add(i)));
    expect(answers).toEqual(keys.map((_, i) => i * round));
  }
  for (const [i, key] of keys.entries()) {
    const entries = await counters.ref(key).history.entries();
    expect(entries.map(({ seq }) => seq)).toEqual(entries.map((_, at) => at + 1));
    expect(entries.filter(({ kind }) => kind === 'MessageProcessed')).toHaveLength(5);
    expect(await counters.ref(key).history.stateAt({ seq: entries.length })).toEqual({ value: i * 5 });
  }
  expect(storage.journal.log).toHaveLength(500);
  await module.close();
});
