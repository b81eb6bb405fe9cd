import {
  Actor,
  type ActorContext,
  Ctx,
  DeadLetters,
  Handle,
  SideEffect,
  State,
  UseFacets,
  durability,
  isPlexSpacesError,
  virtualActor,
} from 'plexspaces';
import { type Recurrence, reminder, reminders } from 'plexspaces/facets/reminder';
import { Outside } from 'plexspaces/testing';

/** More starts than a run has faults. */
const retry = { maxAttempts: 1_000, initialDelay: 1, factor: 1.2, maxDelay: 500 };
const patient = { retry: { maxAttempts: 50, initialDelay: 5, factor: 1.5, maxDelay: 500 } };

/** While it is foul, what limps fails. One run at a time in a process, so one weather. */
export const weather = { isFair: false };

/** Does what it is told and what it is reminded of, and notes the ids of those messages with their receipts. */
@Actor({ type: 'rota' })
@UseFacets(durability({ checkpointEvery: 4 }), virtualActor(), reminder({ maxReminders: 50 }))
export class Rota {
  @State() made: [messageId: string, receipt: number][] = [];

  constructor(private readonly outside: Outside) {}

  @Handle({ retry }) register(
    @Ctx() ctx: ActorContext,
    name: string,
    recurrence: Recurrence,
    what: 'serve' | 'limp',
  ): void {
    reminders<Rota>(ctx).register(name, recurrence, what);
  }

  @Handle({ retry }) cancel(@Ctx() ctx: ActorContext, name: string): boolean {
    return reminders<Rota>(ctx).cancel(name, { ifExists: true });
  }

  /** A pause that ends in the same turn, or that lasts until {@link resume}. */
  @Handle({ retry }) pause(@Ctx() ctx: ActorContext, name: string): void {
    if (reminders<Rota>(ctx).has(name)) reminders<Rota>(ctx).pause(name);
  }

  @Handle({ retry }) resume(@Ctx() ctx: ActorContext, name: string): void {
    if (reminders<Rota>(ctx).has(name)) reminders<Rota>(ctx).resume(name);
  }

  @Handle({ retry }) async serve(@Ctx() ctx: ActorContext): Promise<number> {
    const receipt = await this.pay();
    this.made.push([ctx.messageId, receipt]);
    return receipt;
  }

  /** Fails behind its effect while the weather is foul, and is given up soon. */
  @Handle({ retry: { maxAttempts: 2, initialDelay: 1 } }) async limp(@Ctx() ctx: ActorContext): Promise<number> {
    const receipt = await this.pay();
    if (!weather.isFair) throw new Error('foul weather');
    this.made.push([ctx.messageId, receipt]);
    return receipt;
  }

  @Handle({ readOnly: true }) all(): [string, number][] {
    return this.made;
  }

  @SideEffect(patient) protected pay(): Promise<number> {
    return this.outside.draw('pay');
  }
}

/** The same, held up by what it has given up. */
@Actor({ type: 'heldRota', onPoison: 'hold' })
export class HeldRota extends Rota {}

export const DECISIONS = ['retry', 'anew', 'discard', 'leave'] as const;
export type Decision = (typeof DECISIONS)[number];

/** The operator: an actor, so that it acts inside the application. */
@Actor({ type: 'desk' })
@UseFacets(virtualActor())
export class Desk {
  constructor(private readonly letters: DeadLetters) {}

  /** Decides about all letters, one after the other, as `decisions` says in turn. @returns how many were decided */
  @Handle() async decide(decisions: readonly Decision[]): Promise<number> {
    const { letters } = await this.letters.list({ limit: 1_000 });
    let decided = 0;
    for (const [i, letter] of letters.entries()) {
      const decision = decisions[i % decisions.length] ?? 'leave';
      if (decision === 'leave') continue;
      try {
        if (decision === 'discard') await this.letters.discard(letter, 'by the desk');
        else await this.letters.retry(letter, { anew: decision === 'anew' });
        decided++;
      } catch (error) {
        if (!isPlexSpacesError(error, 'PS_MESSAGE_NOT_PARKED')) throw error; // somebody else was faster, or an earlier try
      }
    }
    return decided;
  }
}
