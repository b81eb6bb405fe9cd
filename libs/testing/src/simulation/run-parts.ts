import type { LoggerService, Provider, Type } from '@nestjs/common';
import { MemoryStorage } from '#storage/memory';
import { NO_KNOBS, drawKnobs, drawLeaseTtl, drawOverlap, variantOf } from './buggify';
import type { SeededChoices } from './choices';
import { collectLogs } from './collect-logs';
import { SimDisk } from './disk';
import { type Faults, NO_FAULTS, drawFaults, storageFaultsOf } from './fault-mix';
import { Nemesis } from './nemesis';
import { OpenList } from './open-list';
import { Outside, OutsideWorld } from './outside';
import { CallLog } from './sim-client';
import { SimClock } from './sim-clock';
import type { SimLife } from './sim-life';
import { SimNode } from './sim-node';
import { SimWorld } from './sim-world';
import type { Simulation } from './simulation';
import type { WorldParts } from './world-parts';

/** All that one run is made of. */
export class RunParts implements WorldParts {
  readonly clock: SimClock;
  readonly node: SimNode;
  readonly world: SimWorld;
  readonly log = new CallLog();
  readonly open = new OpenList();
  readonly logger: LoggerService;
  /** Warnings and errors of the application. */
  readonly warnings: string[] = [];
  /** What was done to the application, in words. */
  readonly story: string[] = [];
  /** How often each fault struck, but for those of the store, which counts its own. */
  private readonly struck = new Map<string, number>();
  /** In force now. */
  faults: Faults;
  readonly disk: SimDisk;
  private readonly leaseTtlMs: number | null;
  private readonly nemesis: Nemesis;
  private readonly outside: OutsideWorld;

  constructor(
    private readonly simulation: Simulation,
    seed: number,
    readonly choices: SeededChoices,
  ) {
    const mix = (this.faults = drawFaults(simulation.faults, choices));
    this.clock = new SimClock({ seed, choices, slow: mix.slowProcess, onSlow: () => this.note('slowProcess') });
    this.logger = collectLogs(this.warnings, () => `${this.stamp()} ${this.clock.current?.name ?? ''}: `);
    this.leaseTtlMs = simulation.buggify ? drawLeaseTtl(choices) : null;
    const leaseClock = this.leaseTtlMs === null ? undefined : () => this.clock.time;
    this.disk = new SimDisk({ choices, faults: storageFaultsOf(mix), leaseClock });
    this.outside = new OutsideWorld(
      this.clock,
      choices,
      mix.effectFails,
      this.note,
      (actor, id) => this.isSafe(actor, id),
      (life) => this.nemesis.died(life),
      (life) => this.owns(life),
    );
    const tell = (what: string): void => void this.story.push(`${this.stamp()} ${what}`);
    this.node = new SimNode(this.clock, this.disk, this.nodeParts(), tell);
    this.nemesis = new Nemesis(this.clock, this.node, choices, mix, tell, this.note, this.leaseTtlMs);
    const store = new MemoryStorage(this.disk.engine.tables);
    this.world = new SimWorld({
      seed,
      parts: this,
      ledger: this.outside.ledger,
      underWay: this.outside.underWay,
      store,
      wholeStore: {
        journal: this.disk.engine.forgotten.wholeJournal(),
        inbox: store.inbox,
        checkpoints: store.checkpoints,
      },
      warnings: this.warnings,
      truncate: (actor, throughSeq) => this.disk.engine.truncate(actor, throughSeq),
    });
  }

  /** The application runs, and is disturbed. */
  start(): void {
    this.node.start();
    this.nemesis.start();
  }

  readonly note = (fault: string): void => {
    this.struck.set(fault, (this.struck.get(fault) ?? 0) + 1);
  };

  /** How often each fault struck, and which options the seed set for itself. */
  get faultsFired(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.struck, ...this.disk.fired]);
  }

  get isDisturbed(): boolean {
    return !this.nemesis.isDone;
  }

  /** From here on nothing goes wrong any more. */
  heal(): void {
    this.faults = NO_FAULTS;
    this.disk.heal();
    this.clock.heal();
    this.outside.heal();
    this.nemesis.heal();
  }

  /** Actors with messages that have not ended. */
  async backlog(): Promise<string[]> {
    const found = await this.world.store.inbox.due(Number.MAX_SAFE_INTEGER, 20);
    return found.map(({ actor }) => actor);
  }

  /** The application is up, and nothing it wrote is still on its way to the disk. */
  get isSettled(): boolean {
    return this.node.isUp && this.disk.engine.log.unsyncedCount === 0;
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.clock.world.schedule(resolve, ms));
  }

  opens(what: string): { close(): void } {
    return this.open.add(what);
  }

  /** P4: an effect of a durable actor leaves when its message is on the disk to stay. */
  private isSafe(actor: string, messageId: string): boolean {
    const { tables, log } = this.disk.engine;
    const hasJournal = (tables.actors.get(actor)?.head.epoch ?? 0) > 0;
    return !hasJournal || log.keeps(actor, messageId);
  }

  /** P6: an effect leaves a life whose lease the store has granted and that has not ended there. */
  private owns({ nodeId }: SimLife): boolean {
    const { leases } = this.disk.engine;
    return leases === null || leases.holderOf('owner')?.holder.startsWith(`${nodeId}/`) === true;
  }

  private stamp(): string {
    return `${this.clock.time.toFixed(1)} ms`;
  }

  private nodeParts(): ConstructorParameters<typeof SimNode>[2] {
    const { actors, providers, options, buggify } = this.simulation;
    const knobs = buggify ? drawKnobs(this.choices) : NO_KNOBS;
    for (const [name, value] of Object.entries(knobs)) if (value !== null) this.note(`knob.${name}`);
    const classes = actors.map((cls): Provider => {
      const variant: Type<object> = variantOf(cls, knobs);
      return variant === cls ? cls : { provide: cls, useClass: variant };
    });
    const providersFor = (life: SimLife): readonly Provider[] => [
      ...classes,
      { provide: Outside, useValue: this.outside.seenBy(life) },
      ...providers,
    ];
    const { leaseTtlMs, logger } = this;
    const overlap = buggify ? drawOverlap(this.choices) : 'auto';
    if (overlap === 'always') this.note('knob.overlap');
    if (leaseTtlMs !== null) this.note('knob.lease');
    const lease = leaseTtlMs === null ? {} : { lease: { ttl: leaseTtlMs } };
    return { options: { ...lease, groupCommit: { overlap }, ...options }, providersFor, logger };
  }
}
