import type { EffectCall, EffectContext, ProbedEffect, ProbedTurn, RuntimeProbe } from '#core';
import type { Storage } from '#spi';
import { AppCrashedError } from '../errors';
import type { EffectFakes } from '../fakes/effect-fakes';
import { type Life, never } from './life';

/** The test kit inside the runtime: ends it with its life, puts fakes in the place of effects. */
export class KitProbe implements RuntimeProbe {
  constructor(
    private readonly life: Life,
    private readonly fakes: EffectFakes,
  ) {}

  storage(storage: Storage): Storage {
    return this.life.storage(storage);
  }

  sent(): void {
    if (this.life.isOver) throw new AppCrashedError();
  }

  starts(): boolean {
    return !this.life.isOver;
  }

  handled(): void {
    // nothing yet
  }

  effect(turn: ProbedTurn, effect: ProbedEffect, body: EffectCall<unknown>): EffectCall<unknown> {
    const fake = effect.scope === 'handler' ? this.fakes.find(turn.definition, effect.name) : undefined;
    const { scope, name, args } = effect;
    const call = { actor: turn.actorId, messageId: turn.received.id, args };
    const run = fake === undefined ? body : (context: EffectContext) => fake.run(call, context);
    return (context) => {
      if (this.life.isOver) return never();
      const { attempt, idempotencyKey } = context;
      this.fakes.begun({ ...call, scope, name, attempt, idempotencyKey });
      return this.life.hear(startNow(run, context));
    };
  }
}

async function startNow(run: EffectCall<unknown>, context: EffectContext): Promise<unknown> {
  return run(context);
}
