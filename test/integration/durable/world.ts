import { type DynamicModule, type LoggerService, Module, type Provider, type Type } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import {
  type ActorClient,
  type ActorRef,
  ActorSystem,
  Journal,
  type JournalEntry,
  MemoryStorage,
  PlexSpacesModule,
  type PlexSpacesOptions,
  getActorToken,
} from 'plexspaces';
import { type CheckpointStorage, type Env, STORAGE, type Storage } from 'plexspaces/spi';
import { ProbeStorage } from './probe-storage';

@Module({})
class GivenStorageModule {}

export function given(storage: Storage): DynamicModule {
  return { module: GivenStorageModule, providers: [{ provide: STORAGE, useValue: storage }], exports: [STORAGE] };
}

export interface NodeOptions extends PlexSpacesOptions {
  readonly providers?: readonly Provider[];
  readonly checkpoints?: CheckpointStorage;
  readonly env?: Env;
}

/** One store, and the nodes that run on it one after the other. */
export class World {
  private readonly first = new MemoryStorage();
  private readonly nodes: Node[] = [];

  constructor(private readonly env?: Env) {}

  /** The store as a bystander sees it. */
  get storage(): MemoryStorage {
    return this.first;
  }

  get journal(): Journal {
    return new Journal(this.first);
  }

  async start(
    actors: readonly Type<object>[],
    { providers = [], checkpoints, env = this.env, ...options }: NodeOptions = {},
  ): Promise<Node> {
    const probe = new ProbeStorage(new MemoryStorage(this.first.tables));
    const log = new Lines();
    const module = await Test.createTestingModule({
      imports: [
        PlexSpacesModule.forRoot({ development: false, ...options, storage: given(probe), checkpoints, env }),
        PlexSpacesModule.forFeature([...actors, ...providers]),
      ],
    })
      .setLogger(log)
      .compile();
    const node = new Node(module, probe, log);
    this.nodes.push(node);
    await module.init();
    return node;
  }

  /** Ends whatever a test left running. */
  async end(): Promise<void> {
    for (const node of this.nodes) await node.close();
  }
}

/** A running application. */
export class Node {
  private isOver = false;

  constructor(
    readonly module: TestingModule,
    readonly probe: ProbeStorage,
    readonly log: Lines,
  ) {}

  ref<T extends object>(cls: Type<T>, key = 'a'): ActorRef<T> {
    return this.module.get<ActorClient<T>>(getActorToken(cls)).ref(key);
  }

  client<T extends object>(cls: Type<T>): ActorClient<T> {
    return this.module.get<ActorClient<T>>(getActorToken(cls));
  }

  get system(): ActorSystem {
    return this.module.get(ActorSystem);
  }

  async close(): Promise<void> {
    if (this.isOver) return;
    this.isOver = true;
    await this.module.close();
  }

  /** As if the process had died: nothing is drained, nothing it still does reaches the store. */
  crash(): void {
    this.isOver = true;
    this.probe.cut();
  }
}

/** What was logged. */
export class Lines implements LoggerService {
  readonly warnings: string[] = [];
  readonly errors: string[] = [];
  readonly lines: string[] = [];

  log(message: unknown): void {
    this.lines.push(String(message));
  }

  warn(message: unknown): void {
    this.warnings.push(String(message));
  }

  error(message: unknown): void {
    this.errors.push(String(message));
  }
}

export function kinds(entries: readonly JournalEntry[]): string[] {
  return entries.map(({ kind }) => kind);
}

export function ofKind<K extends JournalEntry['kind']>(
  entries: readonly JournalEntry[],
  kind: K,
): Extract<JournalEntry, { kind: K }>[] {
  return entries.filter((entry): entry is Extract<JournalEntry, { kind: K }> => entry.kind === kind);
}
