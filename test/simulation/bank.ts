import {
  Actor,
  type ActorContext,
  Ctx,
  Handle,
  SideEffect,
  State,
  TerminalError,
  UseFacets,
  durability,
  virtualActor,
} from 'plexspaces';
import { Outside } from 'plexspaces/testing';

/** More starts than a run has faults. */
const retry = { maxAttempts: 1_000, initialDelay: 1, factor: 1.2, maxDelay: 500 };
/** An effect is tried until the outside world is well again. */
const patient = { retry: { maxAttempts: 50, initialDelay: 5, factor: 1.5, maxDelay: 500 } };

/** Receives the lines of accounts. */
@Actor({ type: 'book' })
@UseFacets(durability({ checkpointEvery: 4, retention: { keepEntries: 12, keepFor: 50 } }), virtualActor())
export class Book {
  @State() lines: Record<string, number[]> = {};

  @Handle({ retry }) note(from: string, line: number): void {
    (this.lines[from] ??= []).push(line);
  }

  @Handle({ readOnly: true }) read(): Record<string, number[]> {
    return this.lines;
  }
}

/** One of each kind of turn there is. */
@Actor({ type: 'account' })
@UseFacets(durability({ checkpointEvery: 5, retention: 'checkpoint' }), virtualActor())
export class Account {
  @State() value = 0;
  @State() forwarded = 0;
  @State() receipts: number[] = [];
  @State() caught = 0;

  constructor(private readonly outside: Outside) {}

  /** No effect: one commit in all. */
  @Handle({ retry }) add(by: number): number {
    return (this.value += by);
  }

  @Handle({ retry }) async charge(by: number): Promise<number> {
    const receipt = await this.pay();
    this.receipts.push(receipt);
    this.value += by;
    return receipt;
  }

  /** Two in a row, then two at once. */
  @Handle({ retry }) async chargeOften(by: number): Promise<readonly number[]> {
    const receipts = [await this.pay(), await this.pay(), ...(await Promise.all([this.pay(), this.pay()]))];
    this.receipts.push(...receipts);
    this.value += by;
    return receipts;
  }

  /** Three at once, in the order in which they come back; struck while it pays once more, it runs again on their records. */
  @Handle({ retry }) async race(by: number): Promise<readonly number[]> {
    const came: number[] = [];
    const note = (receipt: number): void => void came.push(receipt);
    await Promise.all([this.pay().then(note), this.pay().then(note), this.pay().then(note)]);
    await this.pay();
    this.receipts.push(...came);
    this.value += by;
    return came;
  }

  /** Effects that fail for good are caught: the path it takes is recorded with them. */
  @Handle({ retry }) async tryOnce(by: number): Promise<string> {
    const seen: string[] = [];
    for (let i = 0; i < 2; i++) {
      try {
        this.receipts.push(await this.payOnce());
        seen.push('paid');
      } catch {
        this.caught++;
        seen.push('caught');
      }
    }
    await this.pay();
    this.value += by;
    return seen.join();
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
    this.receipts.push(await this.pay());
    this.value += by;
    if (isFirstRun) throw new Error('not yet');
    return this.value;
  }

  /** Waits in the middle of its turn. */
  @Handle({ retry }) async slowly(@Ctx() ctx: ActorContext, by: number): Promise<number> {
    const receipt = await this.pay(ctx.uuid()); // drawn anew by a re-run, it would be another effect
    await ctx.sleep(30);
    this.receipts.push(receipt);
    return (this.value += by);
  }

  /** A final answer that changes nothing, though the state was touched and a message sent. */
  @Handle({ retry }) async refuse(@Ctx() ctx: ActorContext): Promise<void> {
    this.value = -1_000_000;
    await ctx.actor(Book, 'main').tell.note(ctx.self.key, -1);
    throw new TerminalError('not here');
  }

  /** Never succeeds: parked, and nothing of it stays. */
  @Handle({ retry: { maxAttempts: 2, initialDelay: 1 } }) poison(): void {
    this.value = -1_000_000;
    throw new Error('poison');
  }

  /** Takes its process with it, each time it starts: parked in the end, for a start is counted before it happens. */
  @Handle({ retry: { maxAttempts: 3, initialDelay: 1 } }) fatal(): Promise<void> {
    this.value = -1_000_000;
    return this.outside.die();
  }

  @Handle({ readOnly: true }) current(): number {
    return this.value;
  }

  @SideEffect(patient) protected pay(_reference = ''): Promise<number> {
    return this.outside.draw('pay');
  }

  @SideEffect() protected payOnce(): Promise<number> {
    return this.outside.draw('payOnce');
  }
}

/** Exists from its creation to its stop, and never again. */
@Actor({ type: 'till' })
@UseFacets(durability({ checkpointEvery: 3 }))
export class Till {
  @State() sum = 0;

  onCreate(float: number): void {
    this.sum = float;
  }

  @Handle({ retry }) put(by: number): number {
    return (this.sum += by);
  }

  @Handle({ readOnly: true }) current(): number {
    return this.sum;
  }
}

/** Counts messages without a key: what was acknowledged counts once, what is unknown at most once. Operators cut its journal. */
@Actor({ type: 'meter' })
@UseFacets(durability({ checkpointEvery: 2 }), virtualActor())
export class Meter {
  @State() count = 0;

  @Handle() tick(): number {
    return ++this.count;
  }

  @Handle({ readOnly: true }) current(): number {
    return this.count;
  }
}
