import type { Type } from '@nestjs/common';
import type { TestingModule } from '@nestjs/testing';
import { ActorClient, ActorRegistry, type ActorRef, type ActorSystem, type RefOptions } from '#core';
import { Journal, Keyring, encryptStorage } from '#journal';
import type { Duration, Env, Storage } from '#spi';
import { MemoryStorage } from '#storage/memory';
import { ManualClock } from '../clock/manual-clock';
import { AppStateError, ManualClockNeededError } from '../errors';
import type { EffectFakes } from '../fakes/effect-fakes';
import { type Amendment, type Blueprint, type CompiledLife, compileLife } from './compile-life';
import { drainApp } from './drain';
import { type TestParts, checkParts, isStorage } from './test-parts';

/** `made`: compiled, not started. `crashed` and `stopped`: what is stored stays; `restart()` goes on with it. */
export type TestAppState = 'made' | 'running' | 'crashed' | 'stopped' | 'closed';

const SAID: Readonly<Record<TestAppState, string>> = {
  made: 'is not started yet',
  running: 'is running',
  crashed: 'has crashed',
  stopped: 'was stopped',
  closed: 'is closed',
};

/**
 * An application under test: starts, crashes and starts again on one store. Made by ActorTestingModule.
 *
 *  K1. At most one life runs at a time; each has a new Nest application, new instances, new refs.
 *  K2. Store, clock and fakes outlive crash and restart.
 * @publicApi
 */
export class TestApp {
  private current: CompiledLife | null = null;
  private now: TestAppState = 'made';
  /** What is left to be done of the life before. */
  private ending: Promise<void> = Promise.resolve();
  /** Behind every life that has no storage module of its own. */
  private readonly memory = new MemoryStorage();

  /** @internal Made by ActorTestingModule. */
  constructor(
    private parts: TestParts,
    private readonly amendments: readonly Amendment[],
    private readonly env: Env,
    /** Stand-ins for side effects; their calls are kept over crash and restart. */
    readonly fakes: EffectFakes,
  ) {}

  get state(): TestAppState {
    return this.now;
  }

  /** The running application's own module, for whatever Nest offers. @throws AppStateError */
  get module(): TestingModule {
    return this.life('module').module;
  }

  /** The actor system, as clients outside see it. @throws AppStateError */
  get system(): ActorSystem {
    return this.life('system').system;
  }

  /** The store, as a bystander sees it: also of a crashed application, unless a module of its own opened it. @throws AppStateError */
  get storage(): Storage {
    const { storage } = this.parts;
    if (storage === undefined) return new MemoryStorage(this.memory.tables);
    return isStorage(storage) ? storage : this.life('storage').storage;
  }

  /** Every actor's journal, for looking into. @throws AppStateError */
  get journal(): Journal {
    const { encryption } = this.parts.options ?? {};
    const { storage } = this;
    return new Journal(encryption === undefined ? storage : encryptStorage(storage, new Keyring(encryption)), this.env);
  }

  /** The clock that the test moves. @throws ManualClockNeededError */
  get clock(): ManualClock {
    if (this.env instanceof ManualClock) return this.env;
    throw new ManualClockNeededError('app.clock');
  }

  /** A provider of the application, wherever it is. @throws AppStateError, and Nest's error for one that is not there */
  get<T>(token: Type<T> | (abstract new (...args: never[]) => T) | string | symbol): T {
    return this.life('get()').module.get<T>(token, { strict: false });
  }

  /** The actors of this class. @throws AppStateError, UnknownActorTypeError */
  client<T extends object>(cls: Type<T>): ActorClient<T> {
    const { system } = this.life('client()');
    return new ActorClient<T>(system, this.get(ActorRegistry), cls);
  }

  /** The actor of this key. Its asks reject with AppCrashedError when the application crashes. @throws AppStateError, UnknownActorTypeError */
  ref<T extends object>(cls: Type<T>, key: string, options?: RefOptions): ActorRef<T> {
    return this.client(cls).ref(key, options);
  }

  /** Starts what `compile()` made. @throws AppStateError, UnknownEffectError, and whatever stops the application's own start */
  async start(): Promise<this> {
    this.expect('start()', ['made'], this.now === 'running' ? 'It runs already.' : 'Use restart().');
    const { module } = this.current ?? (await this.compile());
    await module.init();
    this.now = 'running';
    try {
      this.fakes.bind(this.get(ActorRegistry).all());
    } catch (error) {
      await this.stop();
      throw error;
    }
    return this;
  }

  /**
   * Waits until everything accepted has run: no message waits, not even for a later time, and no actor is busy. On a
   * ManualClock time moves on for it as far as it must, up to `within` (default '1d'); else that is real time
   * (default '10s').
   * @throws AppNotDrainedError, AppStateError
   */
  async drain({ within }: { readonly within?: Duration } = {}): Promise<void> {
    this.expect('drain()', ['running'], 'Nothing runs that could be waited for.');
    const { system, life, storage } = this.life('drain()');
    const limit = within ?? (this.env instanceof ManualClock ? '1d' : '10s');
    await life.guard(() => drainApp(system, storage, this.env, limit));
  }

  /**
   * Ends the application as SIGKILL would: nothing is drained, no hook runs, nothing it still does reaches the store, an
   * effect or the clock. That is so when this returns; the promise resolves when the store has decided on what it was
   * handed before. Refs taken from this object reject with AppCrashedError, those inside the application hear nothing.
   * @throws AppStateError
   */
  crash(): Promise<void> {
    this.expect('crash()', ['running'], 'Only what runs can crash.');
    const { life, opened } = this.current as CompiledLife;
    this.now = 'crashed';
    life.end();
    this.ending = life.settled().then(() => (opened === null ? undefined : closeStore(opened)));
    return this.ending;
  }

  /** Ends it in order, as on deployment: what runs is waited for, hooks run. `restart()` may follow. @throws AppStateError */
  async stop(): Promise<void> {
    this.expect('stop()', ['running'], 'There is nothing to stop.');
    const { module, life } = this.current as CompiledLife;
    this.now = 'stopped';
    const closing = module.close();
    await (this.env instanceof ManualClock ? this.env.runUntil(closing) : closing);
    life.end();
  }

  /**
   * A new application of the same parts on the same store, as after a crash or a deployment. Refs from before stay
   * dead: take new ones.
   * @param changes parts that are different now, such as a newer version of an actor class
   * @throws AppStateError while it runs, InvalidTestOptionError
   */
  async restart(changes: Partial<Omit<TestParts, 'storage' | 'clock' | 'fakes' | 'inlineFakes'>> = {}): Promise<this> {
    this.expect('restart()', ['crashed', 'stopped'], 'Call crash() or stop() first.');
    checkParts(changes);
    this.parts = { ...this.parts, ...changes };
    await this.ending;
    this.current = null;
    this.now = 'made';
    return this.start();
  }

  /** Ends it for good, in order when it runs. Harmless when called again, and after a crash. */
  async close(): Promise<void> {
    if (this.now === 'running') await this.stop();
    else if (this.now === 'made') await this.current?.module.close();
    else await this.ending;
    this.now = 'closed';
  }

  /** @internal */
  async compile(): Promise<CompiledLife> {
    const { parts, amendments, env: clock, fakes } = this;
    const { storage } = parts;
    const store = storage === undefined ? new MemoryStorage(this.memory.tables) : isStorage(storage) ? storage : null;
    const blueprint: Blueprint = { parts, amendments, clock, fakes, store };
    return (this.current = await compileLife(blueprint));
  }

  private life(use: string): CompiledLife {
    this.expect(use, ['made', 'running'], this.now === 'closed' ? 'Make another one.' : 'Call restart() first.');
    return this.current as CompiledLife;
  }

  private expect(operation: string, states: readonly TestAppState[], remedy: string): void {
    if (!states.includes(this.now)) throw new AppStateError(operation, SAID[this.now], remedy);
  }
}

async function closeStore(storage: Storage): Promise<void> {
  await Promise.all([storage.journal.close(), storage.checkpoints.close()]);
}
