import { failpoint } from '#spi';
import { ChildStartError, RestartIntensityError, SupervisorNotRunningError } from '../errors';
import { outsideTurns } from '../turn/frame';
import { decideBackoff } from './backoff';
import { ChildActor, type Nursery } from './child-actor';
import { type Exit, decideExit, decideRestart, resolveGroup } from './decide-restart';
import type { RestartLog } from './restart-log';
import { type RestartWait, RestartWaits } from './restart-waits';
import type { ChildStatus, Supervised, Watcher } from './supervised';
import type { SupervisionEvent } from './supervision-events';
import type { ChildDefinition, SupervisorChildDefinition, SupervisorDefinition } from './supervisor-definition';

/** What a supervisor needs of the forest it stands in. */
export interface Forest extends Nursery {
  readonly log: RestartLog;
  /** `false`: another one has taken its place, or none. */
  isThere(): boolean;
  emit(event: SupervisionEvent): void;
}

/**
 * One supervisor. It owns its children's order and the restarts that count; how an actor is stopped and started is the
 * child's business, what its own end means its parent's.
 *
 *  U1. One thing happens at a time: ends of children and calls from outside are taken one after another.
 *  U2. Children start in their order and are stopped in the reverse of it, never interleaved.
 *  U3. A restart is recorded before it happens.
 *  U4. More than `maxRestarts` within the window: all children are stopped, and it fails itself.
 *  U5. The end of an earlier start of a child says nothing about the present one.
 *  U6. A child that waits for its backoff is started by the last restart decided on, unless somebody was there before.
 */
export class SupervisorNode implements Supervised, Watcher {
  status: ChildStatus = 'stopped';
  starts = 0;
  failures = 0;
  restarts = 0;
  lastError: unknown = undefined;
  readonly isDynamic = false;
  children: Supervised[] = [];
  private times: readonly number[] = [];
  private line: Promise<unknown> = Promise.resolve();
  private readonly waits = new RestartWaits();

  constructor(
    readonly forest: Forest,
    readonly definition: SupervisorDefinition,
    readonly spec: SupervisorChildDefinition,
    /** Whom its end is told. */
    readonly watcher: Watcher,
  ) {
    this.children = definition.children.map((each) => this.make(each));
  }

  get name(): string {
    return this.definition.name;
  }

  /** Restarts that count now. */
  get recentRestarts(): readonly number[] {
    const { times } = decideRestart(this.definition, this.times, this.forest.system.env.now());
    return times.slice(0, -1);
  }

  isCalled(name: string): boolean {
    return name === this.spec.id;
  }

  /** What this child waits for before it is started again; `null`: for nothing but its turn. */
  waitOf(child: Supervised): RestartWait | null {
    return this.waits.of(child);
  }

  start(): Promise<void> {
    return this.inLine(() => this.startAll());
  }

  halt(): Promise<void> {
    if (this.status === 'down' || this.status === 'stopped') return Promise.resolve();
    this.status = 'halted'; // what is on its way through the line sees that
    return this.inLine(() => this.haltAll());
  }

  async retire(cause: unknown): Promise<void> {
    this.status = 'down';
    await this.inLine(async () => {
      for (const each of [...this.children].reverse()) await each.retire(cause);
    });
  }

  async remove(): Promise<void> {
    this.status = 'stopped';
    await this.inLine(async () => {
      for (const each of [...this.children].reverse()) await each.remove();
    });
  }

  async shutDown(): Promise<void> {
    this.status = 'stopped';
    await this.inLine(async () => {
      for (const each of [...this.children].reverse()) await each.shutDown();
    });
  }

  childEnded(child: Supervised, exit: Exit): void {
    const { starts } = child;
    void this.inLine(async () => {
      const isSo = child.starts === starts && (child.status === 'crashed' || child.status === 'down'); // U5
      if (isSo && this.status === 'running' && this.children.includes(child)) await this.answerEnd(child, exit);
    });
  }

  /** U1. @throws SupervisorNotRunningError */
  change<T>(work: () => Promise<T>): Promise<T> {
    return this.inLine(() => {
      if (this.status !== 'running') throw new SupervisorNotRunningError(this.name, this.status);
      return work();
    });
  }

  async addDynamic(spec: ChildDefinition): Promise<Supervised> {
    const made = this.make(spec, true);
    try {
      await made.start();
    } catch (error) {
      await made.remove();
      throw new ChildStartError(this.name, spec.id, { cause: error });
    }
    this.children.push(made);
    this.tell('started', made);
    return made;
  }

  drop(child: Supervised): void {
    this.children = this.children.filter((each) => each !== child);
  }

  tell(kind: SupervisionEvent['kind'], child: Supervised, more: Partial<SupervisionEvent> = {}): void {
    this.forest.emit({ kind, supervisor: this.name, child: child.spec.id, ...more });
  }

  private get isStarting(): boolean {
    return this.status === 'starting';
  }

  private make(spec: ChildDefinition, isDynamic = false): Supervised {
    if (spec.kind === 'supervisor') return new SupervisorNode(this.forest, spec.supervisor, spec, this);
    return new ChildActor(this.forest, this, spec, isDynamic);
  }

  private inLine<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.line.then(() => outsideTurns(work));
    this.line = turn.catch(() => undefined); // whoever asked is told
    return turn;
  }

  private async startAll(): Promise<void> {
    if (!this.forest.isThere()) throw new SupervisorNotRunningError(this.name, 'gone');
    const isFirst = this.starts++ === 0;
    this.status = 'starting';
    if (isFirst) this.times = await this.forest.log.read(this.name);
    else this.times = []; // as OTP: one that its parent starts again begins anew
    const started: Supervised[] = [];
    for (const each of this.children) {
      try {
        await each.start();
      } catch (cause) {
        for (const other of started.reverse()) await other.halt(); // U2
        this.status = 'halted';
        throw new ChildStartError(this.name, each.spec.id, { cause });
      }
      started.push(each);
      this.tell('started', each);
      if (!this.isStarting) throw new SupervisorNotRunningError(this.name, this.status); // stopped meanwhile
    }
    this.status = 'running';
    this.lastError = undefined;
    if (!isFirst) await this.forest.log.write(this.name, this.times);
  }

  private async haltAll(): Promise<void> {
    for (const each of [...this.children].reverse()) {
      if (each.isDynamic) await this.letGo(each);
      else await each.halt();
    }
  }

  private async letGo(child: Supervised): Promise<void> {
    await child.retire(undefined);
    this.drop(child);
    await child.remove();
  }

  private async answerEnd(child: Supervised, exit: Exit): Promise<void> {
    if (!exit.normal) this.failures++;
    this.tell('ended', child, exit);
    if (decideExit(child.spec.restart, exit) === 'restart') return this.restartFor(child, exit.error);
    await child.retire(exit.error);
    if (child.isDynamic) await this.forget(child);
  }

  /** A dynamic child that is not to come back leaves nothing behind. */
  private async forget(child: Supervised): Promise<void> {
    this.drop(child);
    await child.remove();
  }

  /** @param child crashed, or could not be started */
  private async restartFor(child: Supervised, error: unknown): Promise<void> {
    const { env } = this.forest.system;
    const { definition } = this;
    const decision = decideRestart(definition, this.times, env.now());
    this.times = decision.times;
    failpoint('supervision.beforeRecord');
    await this.forest.log.write(this.name, this.times); // U3
    failpoint('supervision.afterRecord');
    if (this.status !== 'running') return;
    if (decision.kind === 'giveUp') return this.giveUp(child, error);
    this.restarts++;
    const group = resolveGroup(definition.strategy, this.children, this.children.indexOf(child));
    for (const each of [...group].reverse()) await each.halt();
    const coming = group.filter((each) => each === child || each.spec.restart !== 'temporary');
    for (const each of group) if (!coming.includes(each) && each.status !== 'down') await each.retire(undefined);
    const delayMs = decideBackoff(definition.backoff, this.times.length, env.random());
    this.tell('restarting', child, { delayMs, error });
    this.waits.forget(group);
    if (delayMs === 0) return this.startAgain(coming);
    const run = this.starts;
    const wait = { child, error, until: env.now() + delayMs, nth: this.times.length };
    this.waits.begin(coming, wait);
    env.schedule(() => {
      void this.inLine(async () => {
        const due = this.waits.end(coming, wait);
        if (this.status === 'running' && this.starts === run) await this.startAgain(due);
      });
    }, delayMs);
  }

  private async startAgain(group: readonly Supervised[]): Promise<void> {
    for (const each of group) {
      if (this.status !== 'running') return;
      if (each.status === 'running' || !this.children.includes(each)) continue; // done meanwhile, by hand or for another
      try {
        await each.start();
      } catch (error) {
        return this.restartFor(each, error); // counts as another restart
      }
      this.tell('restarted', each);
    }
  }

  /** U4. */
  private async giveUp(child: Supervised, cause: unknown): Promise<void> {
    const { name, times } = this;
    const error = new RestartIntensityError(name, child.spec.id, times.length, this.definition.withinMs, { cause });
    this.lastError = error;
    this.status = 'crashed';
    await this.haltAll();
    this.forest.emit({ kind: 'gaveUp', supervisor: name, child: child.spec.id, error });
    this.watcher.childEnded(this, { normal: false, error });
  }
}
