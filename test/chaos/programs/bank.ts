import { appendFileSync } from 'node:fs';
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

/** More starts than any message can meet deaths of its node. */
const retry = { maxAttempts: 30, initialDelay: 1, factor: 1 };

/** The outside world of the effects: a file, one line per call that arrived, with its idempotency key. */
const ledger = process.env['LEDGER'] ?? '';

function pay(): void {
  appendFileSync(ledger, `${currentEffect().idempotencyKey}\n`);
}

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

  /** No effect: one commit in all. */
  @Handle({ retry }) add(by: number): number {
    return (this.value += by);
  }

  @Handle({ retry }) async charge(by: number): Promise<number> {
    this.value += by * (await this.pay());
    return this.value;
  }

  /** Two in a row, then two at once. */
  @Handle({ retry }) async chargeOften(by: number): Promise<number> {
    const rates = [await this.pay(), await this.pay(), ...(await Promise.all([this.pay(), this.pay()]))];
    this.value += by * (rates.reduce((sum, rate) => sum + rate, 0) / 4);
    return this.value;
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
    this.value += by * (await this.pay());
    if (isFirstRun) throw new Error('not yet');
    return this.value;
  }

  /** Never succeeds: parked, and nothing of it stays. */
  @Handle({ retry: { maxAttempts: 1 } }) poison(): void {
    this.value = -1_000_000;
    throw new Error('poison');
  }

  @Handle({ readOnly: true }) current(): number {
    return this.value;
  }

  @SideEffect() protected async pay(): Promise<number> {
    pay();
    return 1;
  }
}
