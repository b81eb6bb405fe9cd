import { OperationLog } from '../../libs/testing/src/history';
import type { ChaosNode } from './chaos-node';
import type { Errand, Step } from './workload';

/** The answer says that it was done before. */
const DONE_ALREADY: Readonly<Partial<Record<Step['kind'], string>>> = {
  attach: 'PS_FACET_ATTACHED',
  spawn: 'PS_ACTOR_TERMINATED',
  terminate: 'PS_ACTOR_TERMINATED',
};

/** Whoever sends on after the stop is told so, and certainly not heard. */
const TOO_LATE = 'PS_ACTOR_TERMINATED';

/** Nobody knows what became of it; it is sent again under its key. */
const UNKNOWN = new Set(['PS_STORE_FAILED', 'PS_STORE_CLOSED', 'PS_ACTOR_FAILED', 'PS_NODE_STOPPING']);

interface Running {
  readonly errand: Errand;
  stage: number;
  open: Set<Step>;
}

/** A step of an actor that the history is not judged for, once it was answered. */
export interface Done {
  readonly step: Step;
  /** Number of the life in which it was. */
  readonly life: number;
}

/** The clients of one store: they carry on with what is not done in every life, and keep the log of it. */
export class Clients {
  readonly log = new OperationLog();
  readonly done: Done[] = [];
  readonly problems: string[] = [];
  /** Answers of this life, and messages whose fate it left unknown. */
  ok = 0;
  info = 0;
  life = 0;
  private readonly errands: Running[] = [];

  get areDone(): boolean {
    return this.errands.every(({ stage, errand }) => stage === errand.length);
  }

  /** Keys of what is not done. */
  get unfinished(): string[] {
    return this.errands.flatMap(({ open }) => [...open].map((step) => step.key ?? `${step.kind} ${step.actor}`));
  }

  add(errands: readonly Errand[]): void {
    for (const errand of errands) this.errands.push({ errand, stage: 0, open: new Set(errand[0]) });
  }

  nextLife(): void {
    this.life++;
    this.ok = this.info = 0;
  }

  /** Sends what is open, each errand as far as it gets. */
  async carryOn(node: ChaosNode): Promise<void> {
    await Promise.all(this.errands.map((running) => this.run(running, node)));
  }

  /** Asks for every answer once more. */
  async askAgain(node: ChaosNode): Promise<void> {
    const steps = new Set(this.errands.flatMap(({ errand }) => errand.flat()));
    const asks = [...steps].filter((step) => step.kind === 'ask' && step.key !== null && isJudged(step));
    await Promise.all(asks.map((step) => this.send(step, node)));
  }

  private async run(running: Running, node: ChaosNode): Promise<void> {
    while (running.stage < running.errand.length) {
      const sent = [...running.open].map(async (step) => {
        if (await this.send(step, node)) running.open.delete(step);
      });
      await Promise.all(sent);
      if (running.open.size > 0) return;
      running.stage++;
      running.open = new Set(running.errand[running.stage]);
    }
  }

  /** @returns whether it is done */
  private async send(step: Step, node: ChaosNode): Promise<boolean> {
    const { kind, actor, method, args, key, delayMs } = step;
    const handle = isJudged(step)
      ? this.log.invoke({
          id: key ?? method,
          client: 'driver',
          actor: `default/default/${actor}`,
          kind: kind as 'ask' | 'tell',
          method,
          args,
          readOnly: key === null,
          ...(delayMs === 0 ? {} : { delayMs }),
        })
      : null;
    const isMessage = kind === 'ask' || kind === 'tell';
    const reply = await node.send(isMessage ? { kind, actor, method, args, key, delayMs } : { kind, actor });
    const error = reply === 'dead' ? 'the node died' : reply.error?.code;
    if (reply !== 'dead' && (error === undefined || error === DONE_ALREADY[kind])) {
      this.ok++;
      if (handle !== null) this.log.ok(handle, reply.value);
      else if (error === undefined) this.done.push({ step, life: this.life });
      return true;
    }
    if (error === TOO_LATE && actor.startsWith('visitor/')) {
      if (handle !== null) this.log.fail(handle, error);
      return true;
    }
    this.info++;
    if (handle !== null) this.log.info(handle, error as string);
    if (reply !== 'dead' && !UNKNOWN.has(error as string))
      this.problems.push(`${kind} ${key ?? method} to ${actor}: ${reply.error?.name} ${reply.error?.message}`);
    return method === 'current'; // nobody waits for an old read
  }
}

/** Messages that a journal remembers whole. */
function isJudged({ kind, actor, key, method }: Step): boolean {
  if (kind !== 'ask' && kind !== 'tell') return false;
  if (actor.startsWith('tally/')) return false;
  return key !== null || (method === 'current' && actor.startsWith('account/'));
}
