import type { OverrideBy, TestingModuleBuilder } from '@nestjs/testing';
import type { LoggerService } from '@nestjs/common';
import { SystemEnv } from '#spi';
import { EffectFakes } from '../fakes/effect-fakes';
import type { Amendment } from './compile-life';
import { TestApp } from './test-app';
import { type TestParts, checkParts } from './test-parts';

/**
 * `Test.createTestingModule` for actors: an application of these parts on a store that outlives it.
 *
 * ```ts
 * const app = await ActorTestingModule.create({ actors: [Counter], fakes: { 'Counter.rate': 7 } }).start();
 * await app.ref(Counter, 'a').ask.increment(2);
 * await app.crash();
 * await app.restart();
 * expect(await app.ref(Counter, 'a').ask.current()).toBe(14);
 * ```
 * @publicApi
 */
export class ActorTestingModule {
  private readonly amendments: Amendment[] = [];

  private constructor(private readonly parts: TestParts) {}

  /** @throws InvalidTestOptionError */
  static create(parts: TestParts): ActorTestingModule {
    checkParts(parts);
    return new ActorTestingModule(parts);
  }

  /** As in Nest; repeated in each life of the application. */
  overrideProvider(token: unknown): OverrideWith {
    return this.overriding((builder) => builder.overrideProvider(token));
  }

  overrideGuard(token: unknown): OverrideWith {
    return this.overriding((builder) => builder.overrideGuard(token));
  }

  overridePipe(token: unknown): OverrideWith {
    return this.overriding((builder) => builder.overridePipe(token));
  }

  overrideInterceptor(token: unknown): OverrideWith {
    return this.overriding((builder) => builder.overrideInterceptor(token));
  }

  overrideFilter(token: unknown): OverrideWith {
    return this.overriding((builder) => builder.overrideFilter(token));
  }

  /** Any other change to Nest's own builder, in each life: `amend((builder) => builder.useMocker(createMock))`. */
  amend(change: (builder: TestingModuleBuilder) => TestingModuleBuilder): this {
    this.amendments.push(change);
    return this;
  }

  setLogger(logger: LoggerService): this {
    return this.amend((builder) => builder.setLogger(logger));
  }

  /** The application, made and not started: nothing runs before `start()`. @throws InvalidTestOptionError, and Nest's errors */
  async compile(): Promise<TestApp> {
    const { clock = new SystemEnv(), fakes, inlineFakes } = this.parts;
    const app = new TestApp(this.parts, [...this.amendments], clock, new EffectFakes(fakes, inlineFakes));
    await app.compile();
    return app;
  }

  /** The application, running. */
  async start(): Promise<TestApp> {
    return (await this.compile()).start();
  }

  private overriding(select: (builder: TestingModuleBuilder) => OverrideBy): OverrideWith {
    return {
      useValue: (value) => this.amend((builder) => select(builder).useValue(value)),
      useClass: (cls) => this.amend((builder) => select(builder).useClass(cls)),
      useFactory: (options) => this.amend((builder) => select(builder).useFactory(options)),
    };
  }
}

/** What comes in the place of a provider. */
export interface OverrideWith {
  useValue(value: unknown): ActorTestingModule;
  useClass(cls: unknown): ActorTestingModule;
  useFactory(options: Parameters<OverrideBy['useFactory']>[0]): ActorTestingModule;
}
