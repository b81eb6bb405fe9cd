import {
  Actor,
  type ActorContext,
  Ctx,
  Handle,
  SideEffect,
  State,
  UseFacets,
  currentEffect,
  durability,
  virtualActor,
} from 'plexspaces';
import { LedgerClient } from '../../support/ledger-service/ledger-client';

/** More starts than any message can meet deaths of its node. */
const retry = { maxAttempts: 60, initialDelay: 1, factor: 1 };

/** The outside world of the effects, which answers each call with another number. */
const ledger = new LedgerClient(process.env['LEDGER'] ?? '');

@Actor({ type: 'book' })
@UseFacets(durability({ checkpointEvery: 4 }), virtualActor({ idleTimeout: 300 }))
export class Book {
  @State() lines: Record<string, number[]> = {};

  @Handle({ retry }) note(from: string, line: number): void {
    (this.lines[from] ??= []).push(line);
  }
  @Handle({ readOnly: true }) read(): Record<string, number[]> {
    return this.lines;
  }
}

@Actor({ type: 'account' })
@UseFacets(durability({ checkpointEvery: 3 }), virtualActor({ idleTimeout: 400 }))
export class Account {
  @State() value = 0;
  @State() forwarded = 0;
  /** The sum of what effects were answered. */
  @State() paid = 0;

  /** No effect: one commit in all. */
  @Handle({ retry }) add(by: number): number {
    return (this.value += by);
  }

  @Handle({ retry }) async charge(by: number): Promise<number> {
    this.paid += await this.pay();
    return (this.value += by);
  }

  /** Two in a row, then two at once. */
  @Handle({ retry }) async chargeOften(by: number): Promise<number> {
    const answers = [await this.pay(), await this.pay(), ...(await Promise.all([this.pay(), this.pay()]))];
    this.paid += answers.reduce((sum, answer) => sum + answer, 0);
    return (this.value += by);
  }

  /** Lines of one account arrive at its book in their order, each once. */
  @Handle({ retry }) async forward(@Ctx() ctx: ActorContext): Promise<number> {
    await ctx.actor(Book, 'main').tell.note(ctx.self.key, this.forwarded);
    return this.forwarded++;
  }

  /** An ask between actors, recorded like any effect. */
  @Handle({ retry }) async move(@Ctx() ctx: ActorContext, to: string, by: number): Promise<number> {
    this.value -= by;
    return ctx.actor(Account, to).ask.add(by);
  }

  /** Fails on its first run and is through on the next, on the effect it has recorded. */
  @Handle({ retry }) async flaky(@Ctx() ctx: ActorContext, by: number): Promise<number> {
    const isFirstRun = !ctx.isReplay;
    this.value += by;
    this.paid += await this.pay();
    if (isFirstRun) throw new Error('not yet');
    return this.value;
  }

  /** Holds its line for a moment. */
  @Handle({ retry }) async nap(@Ctx() ctx: ActorContext, by: number): Promise<number> {
    await ctx.sleep(2);
    return (this.value += by);
  }

  /** Never succeeds: parked, and nothing of it stays. */
  @Handle({ retry: { maxAttempts: 1 } }) poison(): void {
    this.value = -1_000_000;
    throw new Error('poison');
  }

  @Handle({ readOnly: true }) current(): number {
    return this.value;
  }

  @SideEffect() protected pay(): Promise<number> {
    return ledger.call('pay', currentEffect());
  }
}

/** Is created, and stopped for good while messages wait behind the stop. */
@Actor({ type: 'visitor' })
@UseFacets(durability())
export class Visitor {
  @State() greeted = 0;

  @Handle({ retry }) greet(times: number): void {
    this.greeted += times;
  }
}

/** Its history is cut behind it, up to the older of its two checkpoints. */
@Actor({ type: 'tally' })
@UseFacets(
  durability({ checkpointEvery: 2, keepCheckpoints: 2, retention: 'checkpoint' }),
  virtualActor({ idleTimeout: 300 }),
)
export class Tally {
  @State() value = 0;

  @Handle({ retry }) add(by: number): number {
    return (this.value += by);
  }
  @Handle({ readOnly: true }) current(): number {
    return this.value;
  }
}

/** Begins without a journal, and gets one at run time. */
@Actor({ type: 'late' })
@UseFacets(virtualActor())
export class Late {
  @State() value = 0;

  @Handle({ retry }) add(by: number): number {
    return (this.value += by);
  }
  @Handle({ readOnly: true }) current(): number {
    return this.value;
  }
}

export const BANK = [Book, Account, Visitor, Tally, Late];
