import type { EffectCall, EffectContext, ProbedEffect, ProbedTurn, RuntimeProbe } from '#core';
import type { Storage } from '#spi';
import { checkArguments, checkEffectResult, checkTurn } from '../codec/codec-check';
import { AppCrashedError } from '../errors';
import type { EffectFakes } from '../fakes/effect-fakes';
import { type Life, never } from './life';

/** The test kit inside the runtime: ends it with its life, puts fakes in the place of effects, checks what is encoded. */
export class KitProbe implements RuntimeProbe {
  constructor(
    private readonly life: Life,
    private readonly fakes: EffectFakes,
    private readonly codecCheck: boolean,
  ) {}

  storage(storage: Storage): Storage {
    return this.life.storage(storage);
  }

  sent(to: { readonly encoded: string }, method: string, args: readonly unknown[]): void {
    if (this.life.isOver) throw new AppCrashedError();
    if (this.codecCheck) checkArguments(to.encoded, method, args);
  }

  starts(): boolean {
    return !this.life.isOver;
  }

  handled(turn: ProbedTurn, answer: unknown): void {
    if (this.codecCheck) checkTurn(turn, answer);
  }

  effect(turn: ProbedTurn, effect: ProbedEffect, body: EffectCall<unknown>): EffectCall<unknown> {
    const run = this.bodyOf(turn, effect, body);
    const isRecorded = turn.definition.durability?.cacheSideEffects ?? false;
    const checked = async (context: EffectContext): Promise<unknown> => {
      const result = await run(context);
      if (this.codecCheck && isRecorded) checkEffectResult(turn, effect.name, result);
      return result;
    };
    return (context) => {
      if (this.life.isOver) return never();
      this.note(turn, effect, context);
      return this.life.hear(checked(context));
    };
  }

  private bodyOf(turn: ProbedTurn, effect: ProbedEffect, body: EffectCall<unknown>): EffectCall<unknown> {
    if (effect.scope !== 'handler') return body; // a facet's own
    const fake = this.fakes.find(turn.definition, effect.name);
    if (fake === undefined) return body;
    const call = { actor: turn.actorId, messageId: turn.received.id, args: effect.args };
    return (context) => fake.run(call, context);
  }

  private note(turn: ProbedTurn, effect: ProbedEffect, { attempt, idempotencyKey }: EffectContext): void {
    const { actorId: actor, received } = turn;
    const { scope, name, args } = effect;
    this.fakes.begun({ scope, name, args, actor, messageId: received.id, attempt, idempotencyKey });
  }
}
