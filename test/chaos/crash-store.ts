import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FailpointName, SystemEnv } from 'plexspaces/spi';
import { Random } from '../../libs/testing/src/conformance/random';
import type { ActorHistory, EffectObservation } from '../../libs/testing/src/history';
import { LedgerService } from '../support/ledger-service/ledger-service';
import { ChaosNode } from './chaos-node';
import { Clients } from './clients';
import type { CrashPoint } from './crash-points';
import { type Judgement, judge } from './judge';
import { ACCOUNTS, Workload } from './workload';

/** A store and its deaths. */
export interface StorePlan {
  /** Of the workload, and of which passages are deadly. */
  readonly seed: number;
  readonly points: readonly CrashPoint[];
  /** Checkpoints are files beside the database. */
  readonly hasFiles: boolean;
  /** Test seam: what happens to the store and to the ledger after each death. */
  readonly afterDeath?: (database: string, ledger: string) => void;
}

/** How one life of a node went. */
export interface Life {
  readonly point: FailpointName;
  /** The passage that was to be deadly. */
  readonly at: number;
  /** How often it was: a life in which it was not is invalid, and another one takes its place. */
  readonly hits: number;
  readonly signal: NodeJS.Signals | number | null;
  readonly ok: number;
  readonly info: number;
}

/** Lives that may pass a point by. */
const MOST_MISSES = 2;
/** Rounds of work after which a point that was not reached will not be. */
const MOST_ROUNDS = 5;
/** Tries of the last life to get everything done. */
const LAST_TRIES = 5;
/** A store that is not done by then hangs. */
const PATIENCE_MS = 180_000;

/**
 * A store on which one node after the other dies, each at a point of its own, while clients go on with their work. At
 * the end a node lives, everything comes to its end, and the whole is judged.
 */
export class CrashStore {
  readonly lives: Life[] = [];
  private readonly folder = mkdtempSync(join(tmpdir(), 'plexspaces-chaos-'));
  private readonly clients = new Clients();
  private readonly workload: Workload;
  private readonly observations = new Map<string, EffectObservation>();
  private readonly random: Random;
  private readonly ledgerFile = join(this.folder, 'ledger');
  private ledger!: LedgerService;
  private node: ChaosNode | null = null;

  constructor(private readonly plan: StorePlan) {
    this.random = new Random(plan.seed);
    this.workload = new Workload(this.random);
  }

  /** A life per point, then the last. Never rejects: what went wrong is a problem. */
  async run(): Promise<Judgement> {
    const clock = new SystemEnv().schedule(() => this.node?.kill(), PATIENCE_MS);
    this.ledger = await LedgerService.start(this.ledgerFile);
    try {
      for (const point of this.plan.points) await this.strike(point);
      return await this.lastLife();
    } catch (error) {
      const problem = `${String(error)} ${this.node?.output ?? ''}`;
      return { problems: [problem, ...this.clients.problems], requests: 0 };
    } finally {
      clock.cancel();
      this.node?.kill();
      await this.node?.ended;
      await this.ledger.stop();
      rmSync(this.folder, { recursive: true, force: true });
    }
  }

  private async strike(point: CrashPoint): Promise<void> {
    for (let misses = 0; misses <= MOST_MISSES; misses++) {
      const life = await this.lifeUntil(point);
      this.lives.push(life);
      this.plan.afterDeath?.(join(this.folder, 'journal.db'), this.ledgerFile);
      if (life.hits === 1 && life.signal === 'SIGKILL') return;
      if (life.hits !== 0 || life.signal !== 0)
        throw new Error(`a life that was to end at ${point.name} ended with ${String(life.signal)}:`);
    }
    throw new Error(`${point.name} was not reached in ${MOST_MISSES + 1} lives`);
  }

  private async lifeUntil(point: CrashPoint): Promise<Life> {
    const { name, most, when, isLast } = point;
    const at = 1 + this.random.below(most);
    const plan = [`${name}=kill@${at}`, ...(when === undefined ? [] : [`${when}@${5 + this.random.below(25)}`])];
    this.clients.nextLife();
    const node = this.start(plan.join());
    await node.ready();
    const isUp = (await this.observe(node)) && (await node.get({ kind: 'start' })) !== 'dead';
    if (isUp) {
      for (let round = 0; round < (isLast ? 1 : MOST_ROUNDS); round++) {
        this.clients.add(this.workload.round());
        await this.clients.carryOn(node);
        if (node.isDead) break;
      }
      await node.send({ kind: 'stop' });
    }
    const signal = await node.ended;
    const hits = node.hitLines.filter((line) => line === `failpoint ${name} ${at}`).length;
    return { point: name, at, hits, signal, ok: this.clients.ok, info: this.clients.info };
  }

  /** A life without failures, in which everything has to come to its end. */
  private async lastLife(): Promise<Judgement> {
    this.clients.nextLife();
    const node = this.start('');
    await node.ready();
    await this.observe(node);
    await node.get({ kind: 'start' });
    for (let tries = 0; tries < LAST_TRIES && !this.clients.areDone; tries++) await this.clients.carryOn(node);
    await this.clients.askAgain(node);
    await node.get({ kind: 'settle' });
    const finals = await this.readAll(node);
    const actors = await this.alive(node.get<ActorHistory[]>({ kind: 'histories' }));
    await node.send({ kind: 'stop' });
    const end = await node.ended;
    const { problems, requests } = judge({
      clients: this.clients,
      actors,
      ledger: this.ledger.lines(),
      observations: [...this.observations.values()],
      finals,
      faults: this.lives.filter(({ hits }) => hits > 0).map(({ point, hits }) => ({ name: point, fired: hits })),
    });
    const unfinished = this.clients.unfinished.map((key) => `${key} was never answered`);
    const ending = end === 0 ? [] : [`the last node ended with ${String(end)}: ${node.output}`];
    return { problems: [...this.clients.problems, ...unfinished, ...problems, ...ending], requests };
  }

  private start(failpoints: string): ChaosNode {
    this.node = new ChaosNode({
      database: join(this.folder, 'journal.db'),
      ledger: { url: this.ledger.url, file: this.ledgerFile },
      hits: join(this.folder, 'hits'),
      failpoints,
      ...(this.plan.hasFiles ? { checkpoints: join(this.folder, 'checkpoints') } : {}),
    });
    return this.node;
  }

  /** Right after a death, before anything runs: what is recorded now is never called again. @returns is it alive? */
  private async observe(node: ChaosNode): Promise<boolean> {
    const seen = await node.get<EffectObservation[]>({ kind: 'observe' });
    if (seen === 'dead') return false;
    for (const observation of seen)
      if (!this.observations.has(observation.key)) this.observations.set(observation.key, observation);
    return true;
  }

  private async readAll(node: ChaosNode): Promise<Map<string, unknown>> {
    const late = this.clients.done.flatMap(({ step }) => (step.actor.startsWith('late/') ? [step.actor] : []));
    const actors = [...ACCOUNTS.map((key) => `account/${key}`), 'book/main', 'tally/main', ...new Set(late)];
    const finals = new Map<string, unknown>();
    for (const actor of actors) {
      const method = actor === 'book/main' ? 'read' : 'current';
      finals.set(actor, await this.alive(node.get({ kind: 'ask', actor, method, args: [], key: null, delayMs: 0 })));
    }
    return finals;
  }

  private async alive<T>(answer: Promise<T | 'dead'>): Promise<T> {
    const value = await answer;
    if (value === 'dead') throw new Error('the last node died');
    return value;
  }
}
