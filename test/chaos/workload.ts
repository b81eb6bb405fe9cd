import type { Random } from '../../libs/testing/src/conformance/random';

/** One thing a client wants done, until it is. */
export interface Step {
  readonly kind: 'ask' | 'tell' | 'spawn' | 'terminate' | 'attach' | 'trim';
  /** `<type>/<key>`. */
  readonly actor: string;
  readonly method: string;
  readonly args: readonly unknown[];
  /** Idempotency key; `null` where there is no journal to remember it, and for reads. */
  readonly key: string | null;
  readonly delayMs: number;
}

/** Steps in order: what is in one stage is sent at once, the next stage when all of it is done. */
export type Errand = readonly (readonly Step[])[];

export const ACCOUNTS = ['a', 'b', 'c', 'd'] as const;

/**
 * What clients do in one round, drawn from a seed: each kind of step at least once, so that every failpoint is passed,
 * the rest as it comes.
 */
export class Workload {
  private count = 0;

  constructor(private readonly random: Random) {}

  round(): Errand[] {
    const steps = ACCOUNTS.flatMap((key) => this.ofAccount(`account/${key}`));
    steps.push(this.step('ask', 'account/a', 'move', ['b', 5]), this.step('ask', 'account/c', 'move', ['d', 5]));
    const { random } = this;
    return [[shuffled(steps, random)], this.repeat(), this.visit(), this.attach(), this.attach(), this.trimmed()];
  }

  private ofAccount(actor: string): Step[] {
    const { random } = this;
    const steps = [
      this.step('ask', actor, 'add', [1]),
      this.step('tell', actor, 'add', [10]),
      this.step('tell', actor, 'add', [10], 3 + random.below(20)),
      this.step('ask', actor, 'charge', [100]),
      this.step('ask', actor, 'chargeOften', [1_000]),
      this.step('ask', actor, 'flaky', [10_000]),
      this.step('ask', actor, 'nap', [100_000]),
      this.step('tell', actor, 'poison', []),
      this.step('ask', actor, 'forward', []),
      this.step('ask', actor, 'forward', []),
      this.read(actor),
    ];
    const more = ['add', 'charge', 'forward', 'flaky', 'nap'] as const;
    for (let left = random.below(4); left > 0; left--) {
      const method = random.pick(more);
      steps.push(this.step(random.pick(['ask', 'tell']), actor, method, method === 'forward' ? [] : [1 + left]));
    }
    return steps;
  }

  /** What was answered is asked for again. */
  private repeat(): Errand {
    const asked = this.step('ask', `account/${this.random.pick(ACCOUNTS)}`, 'charge', [7]);
    return [[asked], [asked], [asked], [asked]];
  }

  /** Created, greeted, stopped for good, and greeted still: what comes too late is parked when the store is next looked through. */
  private visit(): Errand {
    const actor = `visitor/${this.count}`;
    const greet = (): Step => this.step('tell', actor, 'greet', [1]);
    const laterOn = this.step('tell', 'account/a', 'add', [1], 3);
    return [[control('spawn', actor)], [greet(), control('terminate', actor), greet(), greet()], [laterOn]];
  }

  /** What is added before there is a journal is as good as the process. */
  private attach(): Errand {
    const actor = `late/${this.count}`;
    const plain: Step = { ...this.step('ask', actor, 'add', [1_000]), key: null };
    const adds = [1, 2, 3].map(() => this.step(this.random.pick(['ask', 'tell']), actor, 'add', [1]));
    return [[plain], [control('attach', actor)], [...adds, this.read(actor)]];
  }

  private trimmed(): Errand {
    const actor = 'tally/main';
    const add = (): Step => this.step(this.random.pick(['ask', 'tell']), actor, 'add', [1]);
    const adds = (): Step[] => [add(), add(), this.step('ask', actor, 'add', [1])];
    return [adds(), [control('trim', actor)], adds(), [control('trim', actor)]];
  }

  private step(kind: 'ask' | 'tell', actor: string, method: string, args: readonly unknown[], delayMs = 0): Step {
    return { kind, actor, method, args, key: `${this.count++}.${method}`, delayMs };
  }

  private read(actor: string): Step {
    return { kind: 'ask', actor, method: 'current', args: [], key: null, delayMs: 0 };
  }
}

function control(kind: Exclude<Step['kind'], 'ask' | 'tell'>, actor: string): Step {
  return { kind, actor, method: '', args: [], key: null, delayMs: 0 };
}

export function shuffled<T>(items: readonly T[], random: Random): T[] {
  const left = [...items];
  return items.map(() => left.splice(random.below(left.length), 1)[0] as T);
}
