import type { ActorDefinition } from '#core';
import { UnknownEffectError } from '../errors';
import { EffectFake, type FakeCall } from './effect-fake';

/** Answers by effect: `rate` for that of any class, `Counter.rate` for that of one; a function is called, anything else is the answer. */
export type FakeAnswers = Readonly<Record<string, unknown>>;

/** One attempt of an effect that was begun, by a fake or by its own body. @publicApi */
export interface MadeEffect extends FakeCall {
  /** `handler`, or the name of the facet that made it. */
  readonly scope: string;
  /** As the journal names it. */
  readonly name: string;
}

/**
 * The fakes of an application under test, by the effect they stand in for.
 *
 *  F1. A fake for `Counter.rate` comes before one for `rate`.
 *  F2. An effect without a fake runs its own body.
 *  F3. A name that no class has is refused, at the start or when it is given, whichever comes later.
 * @publicApi
 */
export class EffectFakes {
  private readonly declared = new Map<string, EffectFake>();
  private readonly inline = new Map<string, EffectFake>();
  private readonly made: MadeEffect[] = [];
  private definitions: readonly ActorDefinition[] | null = null;

  /** @internal Made by the ActorTestingModule. */
  constructor(answers: FakeAnswers = {}, inlineAnswers: FakeAnswers = {}) {
    for (const [name, answer] of Object.entries(answers)) this.effect(name, answer);
    for (const [name, answer] of Object.entries(inlineAnswers)) this.inlineEffect(name, answer);
  }

  /**
   * Puts `answer` in the place of the body of a `@SideEffect` method, named as the journal names it: `rate`, or
   * `Counter.rate` for one class. Without `answer`: the fake that was given before.
   * @throws UnknownEffectError
   */
  effect(name: string, ...answer: [unknown?]): EffectFake {
    this.check([name]);
    return put(this.declared, name, answer);
  }

  /** The same for `ctx.sideEffect(name, …)`, whose names only its running code knows, so that none is refused. */
  inlineEffect(name: string, ...answer: [unknown?]): EffectFake {
    return put(this.inline, name, answer);
  }

  /** Every attempt of every effect, whether or not it has a fake, and whether or not it was recorded, in the order of their starts. */
  get calls(): readonly MadeEffect[] {
    return this.made;
  }

  /** @internal An attempt is about to be made. */
  begun(call: MadeEffect): void {
    this.made.push(call);
  }

  /** The effect runs its own body again. */
  restore(name: string): void {
    this.declared.delete(name);
    this.inline.delete(name);
  }

  /** @internal The classes are known now. @throws UnknownEffectError */
  bind(definitions: readonly ActorDefinition[]): void {
    this.definitions = definitions;
    this.check(this.declared.keys());
  }

  /** @internal F1 */
  find(definition: ActorDefinition, name: string): EffectFake | undefined {
    const isDeclared = [...definition.effects.values()].some((effect) => effect.name === name);
    const fakes = isDeclared ? this.declared : this.inline;
    if (fakes.size === 0) return undefined;
    return fakes.get(`${definition.className}.${name}`) ?? fakes.get(`${definition.type}.${name}`) ?? fakes.get(name);
  }

  private check(names: Iterable<string>): void {
    if (this.definitions === null) return;
    const known = this.definitions.flatMap((definition) =>
      [...definition.effects.values()].map(({ name }) => ({ definition, name })),
    );
    for (const name of names) {
      const isKnown = known.some(
        (effect) =>
          name === effect.name ||
          name === `${effect.definition.className}.${effect.name}` ||
          name === `${effect.definition.type}.${effect.name}`,
      );
      if (!isKnown)
        throw new UnknownEffectError(
          name,
          known.map((effect) => `${effect.definition.className}.${effect.name}`),
        );
    }
  }
}

function put(fakes: Map<string, EffectFake>, name: string, answer: readonly unknown[]): EffectFake {
  const known = fakes.get(name);
  if (known !== undefined) return answer.length === 0 ? known : known.returns(answer[0]);
  const fake = new EffectFake(name, answer[0]);
  fakes.set(name, fake);
  return fake;
}
