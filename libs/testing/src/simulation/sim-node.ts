import { type INestApplicationContext, type LoggerService, Module, type Provider, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ActorSystem, PlexSpacesModule, type PlexSpacesOptions } from '#core';
import { STORAGE } from '#spi';
import type { SimDisk, SimStorage } from './disk';
import type { SimClock } from './sim-clock';
import type { SimLife } from './sim-life';

/** A start that takes longer is given up, as a platform's start-up probe would. */
const BOOT_LIMIT_MS = 10_000;
/** How often it is asked whether a life owns the store by now. */
const OWNER_POLL_MS = 20;
/** Before a start that failed is tried again. */
const BOOT_PAUSE_MS = 100;

/** What an application is made of; the same for each life. */
export interface NodeParts {
  readonly options: PlexSpacesOptions;
  /** Actors and what they need, as `forFeature` takes them, for one life. */
  providersFor(life: SimLife): readonly Provider[];
  readonly logger: LoggerService;
}

/** One run of the application, from its start to its death. */
export class NodeLife {
  app: INestApplicationContext | null = null;
  state: 'starting' | 'up' | 'stopping' | 'over' = 'starting';
  /** Told when it is over: calls that were on their way to it. */
  readonly whenOver = new Set<() => void>();

  constructor(
    readonly life: SimLife,
    readonly storage: SimStorage,
    /** Lives that did not overlap have the same: when the later one begins, all is over that was sent to the earlier. */
    readonly reign: number,
  ) {}

  get<T>(token: string | symbol | Type<T>): T {
    return (this.app as INestApplicationContext).get<T>(token, { strict: false });
  }
}

/**
 * A place where the application runs: one life after the other, on one disk. A successor may start while its
 * predecessor is only paused: then both think they are the one.
 *
 *  N1. The application is the real one, container and all; only its Env and its store are simulated.
 *  N2. A life that is over is never heard of again.
 */
export class SimNode {
  /** Where calls go: the latest life. */
  current: NodeLife | null = null;
  private readonly alive = new Set<NodeLife>();
  /** Told of each death. */
  onDeath: () => void = () => undefined;
  private waiting: ((up: NodeLife) => void)[] = [];
  private count = 0;
  private reign = 0;

  constructor(
    private readonly clock: SimClock,
    private readonly disk: SimDisk,
    private readonly parts: NodeParts,
    private readonly tell: (what: string) => void,
  ) {}

  get lives(): number {
    return this.count;
  }

  get all(): readonly NodeLife[] {
    return [...this.alive];
  }

  get isUp(): boolean {
    return this.current?.state === 'up' && !this.current.life.isPaused;
  }

  /** Is something of this kind written that a power failure would take? */
  isUnsynced(kind: 'write' | 'save'): boolean {
    const { log, checkpoints } = this.disk.engine;
    return kind === 'write' ? log.unsyncedCount > 0 : checkpoints.isSaving;
  }

  start(): NodeLife {
    const life = this.clock.newLife(`life ${++this.count}`);
    if (this.alive.size > 0) this.reign++;
    const node = new NodeLife(life, this.disk.open(life), this.reign);
    this.alive.add(node);
    this.current = node;
    life.immediate(() => void this.boot(node));
    this.clock.world.schedule(() => {
      if (node.state === 'starting') this.startAgain(node, 'it did not come up in time');
    }, BOOT_LIMIT_MS);
    return node;
  }

  /** `process`: what it wrote stays. `power`: what was not synced is lost, for every life on the disk. */
  crash(node: NodeLife, how: 'process' | 'power'): void {
    if (node.state === 'over') return;
    this.disk.crash(node.storage, how);
    this.end(node);
  }

  /** The run is over: nothing happens any more, and nobody is told. */
  abandon(): void {
    for (const { life, storage } of this.alive) {
      storage.die();
      this.clock.end(life);
    }
  }

  pause(node: NodeLife): void {
    this.clock.pause(node.life);
  }

  resume(node: NodeLife): void {
    if (node.life.isPaused) this.clock.resume(node.life);
  }

  /** Asks it to end; its process ends when it has, or when its time is up. */
  stop(node: NodeLife, limitMs: number): void {
    if (node.state !== 'up') return this.crash(node, 'process');
    node.state = 'stopping';
    const over = (): void => this.crash(node, 'process');
    node.life.immediate(() => {
      (node.app as INestApplicationContext).close().then(over, (error: unknown) => {
        this.tell(`${node.life.name} did not stop well: ${String(error)}`);
        over();
      });
    });
    this.clock.world.schedule(over, limitMs);
  }

  /** Resolves with a life that takes calls. */
  whenUp(): Promise<NodeLife> {
    if (this.current?.state === 'up') return Promise.resolve(this.current);
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  /** Resolves with a life that takes calls and owns the store. */
  async whenOwner(): Promise<NodeLife> {
    for (;;) {
      const node = await this.whenUp();
      if (node.get(ActorSystem).ownership === 'owner') return node;
      await new Promise<void>((resolve) => this.clock.world.schedule(resolve, OWNER_POLL_MS));
    }
  }

  private async boot(node: NodeLife): Promise<void> {
    try {
      const app = await NestFactory.createApplicationContext(this.rootOf(node), {
        logger: this.parts.logger,
        abortOnError: false,
      });
      if (node.life.isOver) return;
      node.app = app;
      node.state = 'up';
    } catch (error) {
      if (!node.life.isOver) this.startAgain(node, String(error));
      return;
    }
    if (this.current !== node) return;
    const { waiting } = this;
    this.waiting = [];
    for (const go of waiting) go(node);
  }

  private startAgain(node: NodeLife, why: string): void {
    this.tell(`${node.life.name} did not start: ${why}`);
    const isCurrent = this.current === node;
    this.crash(node, 'process');
    if (isCurrent)
      this.clock.world.schedule(() => {
        if (this.current === null) this.start();
      }, BOOT_PAUSE_MS);
  }

  private end(node: NodeLife): void {
    node.state = 'over';
    this.alive.delete(node);
    this.clock.end(node.life);
    if (this.current === node) this.current = null;
    for (const hear of node.whenOver) hear();
    node.whenOver.clear();
    this.onDeath();
  }

  private rootOf({ life, storage }: NodeLife): Type {
    class StorageModule {}
    class SimulatedApp {}
    const store = { module: StorageModule, providers: [{ provide: STORAGE, useValue: storage }], exports: [STORAGE] };
    Module({
      imports: [
        PlexSpacesModule.forRoot({
          nodeId: life.nodeId,
          ...this.parts.options,
          storage: store,
          env: life,
        }),
        PlexSpacesModule.forFeature(this.parts.providersFor(life)),
      ],
    })(SimulatedApp);
    return SimulatedApp;
  }
}
