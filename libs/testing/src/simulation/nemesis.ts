import { type Choices, pick } from './choices';
import type { Faults } from './fault-mix';
import { armCrashPoint, disarmCrashPoint } from './crash-point';
import type { SimClock } from './sim-clock';
import type { SimLife } from './sim-life';
import type { NodeLife, SimNode } from './sim-node';

type Disruption = 'processCrash' | 'powerLoss' | 'pause' | 'gracefulRestart' | 'clockJump';

const DISRUPTIONS: readonly Disruption[] = ['processCrash', 'powerLoss', 'pause', 'gracefulRestart', 'clockJump'];
/** Where a lease may end meanwhile pauses are the rule. */
const PAUSES: readonly Disruption[] = ['pause', 'pause', 'pause', 'pause'];
/** Mean times between disruptions, in milliseconds: from one in the middle of everything to one when all is quiet. */
const PACES = [400, 150, 60, 25, 8] as const;
const MOST_DISRUPTIONS = 5;
/** A crash strikes at one of so many next steps of the runtime, or at once. */
const NEXT_STEPS = 40;
const LONGEST_JUMP_MS = 5_000;
const STOP_LIMIT_MS = 15_000;
/** A power failure that waits for a write that is not synced waits so long at most. */
const LONGEST_WAIT_FOR_WRITE_MS = 300;
/** Of the wait before a process that ends itself is started again. */
const MOST_DOUBLINGS = 10;

/**
 * Disturbs the application in the safety phase: kills it in the middle of what it does, pauses it, moves its clock.
 * It comes back by itself, as under any process manager.
 */
export class Nemesis {
  /** All that was planned has happened. */
  isDone = false;
  private stopped = false;
  private ownDeaths = 0;

  constructor(
    private readonly clock: SimClock,
    private readonly node: SimNode,
    private readonly choices: Choices,
    private readonly mix: Faults,
    private readonly tell: (what: string) => void,
    /** Counts what struck. */
    private readonly note: (fault: string) => void,
    /** `null`: the store knows no leases. */
    private readonly leaseTtlMs: number | null = null,
  ) {}

  /** All it does is planned from here, one disruption after the other. */
  start(): void {
    const hasLeases = this.leaseTtlMs !== null;
    const enabled = [...DISRUPTIONS, ...(hasLeases ? PAUSES : [])].filter((name) => this.mix[name] > 0);
    const planned = enabled.length === 0 ? 0 : this.choices.below(MOST_DISRUPTIONS + 1, 'disruptions');
    const pace = pick(this.choices, PACES, 'disruptions.pace');
    this.next(enabled, planned, pace);
  }

  /** Whatever is not up is brought up, or to its end. */
  heal(): void {
    this.stopped = true;
    disarmCrashPoint();
    for (const life of this.node.all) {
      if (life !== this.node.current) this.node.crash(life, 'process');
      else if (life.storage.hanging > 0)
        this.node.crash(life, 'process'); // a store that never answers needs a restart
      else this.node.resume(life);
    }
    if (this.node.current === null) this.node.start();
  }

  /** It ended itself: whoever starts it again waits twice as long each time, as process managers do. */
  died(life: SimLife): void {
    const node = this.node.all.find((each) => each.life === life);
    if (node === undefined) return;
    this.strike(node, 'process', 'by its own code');
    this.ownDeaths = Math.min(this.ownDeaths + 1, MOST_DOUBLINGS);
  }

  private next(enabled: readonly Disruption[], left: number, pace: number): void {
    this.isDone = left === 0;
    if (this.isDone) return;
    this.clock.world.schedule(() => {
      if (this.stopped) return;
      const kind = pick(this.choices, enabled, 'disruption');
      if (this.choices.chance(this.mix[kind], `disruption.${kind}`)) this.disrupt(kind);
      this.next(enabled, left - 1, pace);
    }, this.waitOf(pace));
  }

  /** Somewhere between at once and twice the pace. */
  private waitOf(pace: number): number {
    return (pace * this.choices.below(200, 'disruptions.wait')) / 100;
  }

  private disrupt(kind: Disruption): void {
    const life = this.node.current;
    if (life === null) return;
    this.note(kind);
    switch (kind) {
      case 'processCrash':
        return this.crash(life, 'process');
      case 'powerLoss':
        return this.failPower(life);
      case 'pause':
        return this.pause(life);
      case 'gracefulRestart': {
        this.tell(`${life.life.name} is asked to end`);
        life.whenOver.add(() => this.startSoon());
        return this.node.stop(life, STOP_LIMIT_MS);
      }
      case 'clockJump': {
        const length = this.choices.below(LONGEST_JUMP_MS, 'clock.jump');
        const jump = this.choices.chance(0.5, 'clock.back') ? -length : length;
        life.life.clockError += jump;
        return this.tell(`the wall clock of ${life.life.name} jumps by ${jump} ms`);
      }
    }
  }

  /** Only what is written and not synced can be lost, and that state never lasts: two of three failures wait for it. */
  private failPower(life: NodeLife): void {
    const moment = pick(this.choices, ['any', 'write', 'save'] as const, 'power.during');
    if (moment === 'any') return this.crash(life, 'power');
    const watch = (leftMs: number): void => {
      if (this.stopped || life.state === 'over') return;
      if (leftMs === 0 || this.node.isUnsynced(moment)) return this.strike(life, 'power', `between ${moment} and sync`);
      this.clock.world.schedule(() => watch(leftMs - 1), 1);
    };
    watch(LONGEST_WAIT_FOR_WRITE_MS);
  }

  /** Between two events, or at one of the next steps inside one: what the step after it would do never happens. */
  private crash(life: NodeLife, how: 'process' | 'power'): void {
    const steps = this.choices.below(NEXT_STEPS, 'crash.atStep');
    if (steps === 0) return this.strike(life, how, 'between two events');
    armCrashPoint(this.clock, life.life, steps, (point) => this.strike(life, how, `at ${point}`));
  }

  private strike(life: NodeLife, how: 'process' | 'power', where: string): void {
    if (life.state === 'over') return;
    this.tell(`${life.life.name} dies${how === 'power' ? ', the power fails' : ''} (${where})`);
    this.node.crash(life, how);
    this.startSoon();
  }

  /** SIGSTOP, then SIGCONT; a process manager that takes it for dead starts another one meanwhile. */
  private pause(life: NodeLife): void {
    const ms = 1 + this.choices.below(500, 'pause.length') + this.beyondLease();
    const isReplaced = this.choices.chance(0.5, 'pause.replaced');
    const standsStill = this.mix.clockJump > 0 && this.choices.chance(0.5, 'pause.clockStandsStill'); // as when a machine is suspended
    this.tell(
      `${life.life.name} is paused for ${ms} ms${standsStill ? ', its wall clock too' : ''}${isReplaced ? ', and replaced' : ''}`,
    );
    this.node.pause(life);
    if (isReplaced) this.node.start();
    this.clock.world.schedule(() => {
      if (standsStill) {
        this.note('clockStoodStill');
        life.life.clockError -= ms;
      }
      this.node.resume(life);
      if (isReplaced)
        // a zombie: it goes on until its manager notices
        this.clock.world.schedule(() => this.node.crash(life, 'process'), 1 + this.choices.below(300, 'zombie.lives'));
    }, ms);
  }

  /** Long enough for another node to take over, in half of the pauses. */
  private beyondLease(): number {
    if (this.leaseTtlMs === null || !this.choices.chance(0.7, 'pause.outlastsLease')) return 0;
    this.note('leaseOutlasted');
    return this.leaseTtlMs + this.choices.below(this.leaseTtlMs, 'pause.beyondLease');
  }

  private startSoon(): void {
    this.clock.world.schedule(
      () => {
        if (this.node.current === null) this.node.start();
      },
      this.choices.below(100, 'restart.takes') * 2 ** this.ownDeaths,
    );
  }
}
