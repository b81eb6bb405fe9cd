import { currentEffect } from '#core';
import { EarlyEffectError, OutsideCallError, UnownedEffectError } from '../errors';
import type { LedgerLine } from '../history';
import type { Choices } from './choices';
import type { SimClock } from './sim-clock';
import type { SimLife } from './sim-life';

/** An external service, which outlives every process: what it has carried out stays carried out. */
export class OutsideWorld {
  readonly ledger: LedgerLine[] = [];
  /** Calls that have left and will arrive, though their process may be dead by then. */
  readonly underWay = new Set<LedgerLine>();
  private readonly drawn = { count: 0 };

  constructor(
    private readonly clock: SimClock,
    private readonly choices: Choices,
    /** How probably a call fails. */
    private failing: number,
    /** Counts what struck. */
    private readonly note: (fault: string) => void,
    /** Is the message on the disk, or is its actor none that keeps messages there? */
    private readonly isSafe: (actor: string, messageId: string) => boolean,
    /** Ends a process at once. */
    private readonly kill: (life: SimLife) => void,
    /** Does this life own the store, as the store sees it? */
    private readonly owns: (life: SimLife) => boolean,
  ) {}

  heal(): void {
    this.failing = 0;
  }

  /** What the process `life` sees of it. */
  seenBy(life: SimLife): Outside {
    return new Outside(
      (name, value, key) => this.call(life, name, value, key),
      () => this.kill(life),
      this.drawn,
    );
  }

  private call(life: SimLife, name: string, value: unknown, key: string): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (life.isOver) return; // it is dead and does not know it yet: nothing leaves it
      const { choices, clock } = this;
      const [actor, messageId] = originOf(key);
      if (!idsOf(messageId).some((id) => this.isSafe(actor, id)))
        clock.fail(new EarlyEffectError(actor, messageId, name));
      if (!this.owns(life)) clock.fail(new UnownedEffectError(life.name, actor, name));
      const fails = this.failing > 0 && choices.chance(this.failing, 'effect.fails');
      if (fails) this.note('effectFails');
      const arrives = !fails || choices.chance(0.5, 'effect.failsAfterwards');
      const takesMs = choices.below(20, 'effect.requestTakes') / 2;
      const line: LedgerLine = { key, name, at: clock.time + takesMs, value, ...(fails ? { failed: true } : {}) };
      if (arrives) this.underWay.add(line);
      clock.world.schedule(() => {
        if (this.underWay.delete(line)) this.ledger.push(line);
        life.schedule(
          () => (fails ? reject(new OutsideCallError(`${name} (${key})`)) : resolve(value)),
          choices.below(20, 'effect.replyTakes') / 2,
        );
      }, takesMs);
    });
  }
}

/** `<actor>/<message id>/<scope>/<ordinal>`: an actor has four parts, a message id any number. */
function originOf(key: string): [actor: string, messageId: string] {
  const parts = key.split('/');
  return [parts.slice(0, 4).join('/'), parts.slice(4, -2).join('/')];
}

/** A message that an operator has let start anew acts under its id with `~<n>` behind it. */
function idsOf(actsAs: string): readonly string[] {
  return [actsAs, actsAs.replace(/~\d+$/, '')];
}

/**
 * The outside world for the code under simulation: inject it where the real code calls a payment service, a mailer, an API.
 *
 * ```ts
 * class Payments { constructor(private readonly outside: Outside) {}  pay(sum: number) { return this.outside.call('pay', sum); } }
 * ```
 * @publicApi
 */
export class Outside {
  /** @internal */
  constructor(
    private readonly send: (name: string, value: unknown, key: string) => Promise<unknown>,
    private readonly kill: () => void,
    private readonly drawn: { count: number },
  ) {}

  /** As {@link call}, answered with a number that no other call gets: a service that does not honour keys. */
  draw(name: string): Promise<number> {
    return this.call(name, ++this.drawn.count);
  }

  /** A call from inside a side effect, under its idempotency key. Answers with `value`. @throws OutsideCallError, NoActorContextError */
  call<T>(name: string, value: T): Promise<T> {
    return this.send(name, value, currentEffect().idempotencyKey) as Promise<T>;
  }

  /** The process that calls it dies here and now, as of a message that exhausts its memory, and is started again. Never settles. */
  die(): Promise<never> {
    this.kill();
    return new Promise(() => undefined);
  }
}
