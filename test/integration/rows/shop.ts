import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type DynamicModule,
  type ExecutionContext,
  type FactoryProvider,
  type LoggerService,
  type Type,
  UseGuards,
} from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import {
  type ActorClient,
  type ActorContext,
  type ActorRef,
  ActorSystem,
  Actor,
  Ctx,
  Handle,
  type OnCreate,
  PlexSpacesModule,
  SideEffect,
  State,
  TerminalError,
  UseFacets,
  actorContext,
  durability,
  getActorCall,
  getActorToken,
  virtualActor,
} from 'plexspaces';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { Storage } from 'plexspaces/spi';
import { TypeormStorageModule } from 'plexspaces/typeorm';
import { filter, firstValueFrom } from 'rxjs';
import { Column, DataSource, Entity, type EntityManager, JoinColumn, ManyToOne, PrimaryColumn } from 'typeorm';

@Entity('stock')
export class Stock {
  @PrimaryColumn()
  sku!: string;
  @Column({ name: 'in_stock' })
  quantity!: number;
}

@Entity('invoices')
export class Invoice {
  @PrimaryColumn()
  id!: string;
  @ManyToOne(() => Stock, { nullable: true })
  @JoinColumn({ name: 'sku' })
  item!: Stock | null;
  @Column({ default: 'open' })
  status!: string;
}

/** Sells one sku: what it has sold is state, what is left is a row that others read. */
@Actor({ type: 'seller' })
@UseFacets(durability(), virtualActor())
export class Seller {
  static calls = 0;
  @State() sold = 0;

  @Handle()
  async sell(sku: string, id: string, @Ctx() ctx: ActorContext): Promise<number> {
    this.sold++;
    ctx.rows.update(Stock, { sku }, { quantity: () => 'in_stock - 1' }, { expect: 1 });
    await this.pay(id);
    ctx.rows.insert(Invoice, { id, item: { sku, quantity: 0 } });
    await ctx.actor(Seller, 'archive').tell.note(id);
    return this.sold;
  }

  @Handle()
  note(id: string, @Ctx() ctx: ActorContext): void {
    this.sold++;
    ctx.rows.upsert(Stock, { sku: `archive of ${id}`, quantity: this.sold });
  }

  @Handle()
  charge(sku: string, @Ctx() ctx: ActorContext): number {
    this.sold++;
    ctx.rows.update(Stock, { sku }, { quantity: 0 }, { expect: 1 });
    return this.sold;
  }

  @Handle()
  async wait(): Promise<void> {
    await Seller.gate;
    this.sold++;
  }
  static gate = Promise.resolve();

  @Handle()
  bump(): number {
    return ++this.sold;
  }

  @Handle()
  async fail(id: string, how: 'crash' | 'terminal', @Ctx() ctx: ActorContext): Promise<void> {
    ctx.rows.insert(Invoice, { id });
    await this.pay(id);
    if (how === 'terminal') throw new TerminalError('no');
    throw new Error('boom');
  }

  @Handle({ readOnly: true })
  peek(@Ctx() ctx: ActorContext): number {
    ctx.rows.delete(Stock, { sku: 'a' });
    return this.sold;
  }

  @Handle({ readOnly: true })
  total(): number {
    return this.sold;
  }

  @Handle()
  inside(@Ctx() ctx: ActorContext): Promise<void> {
    return ctx.sideEffect('inside', () => ctx.rows.delete(Stock, { sku: 'a' }));
  }

  /** The rows of the handler, taken along into an effect. */
  @Handle()
  takenInside(@Ctx() ctx: ActorContext): Promise<void> {
    const { rows } = ctx;
    return ctx.sideEffect('inside', () => rows.delete(Stock, { sku: 'a' }));
  }

  @Handle()
  misspell(@Ctx() ctx: ActorContext): void {
    this.sold++;
    ctx.rows.delete(Stock, { skuu: 'a' } as never);
  }

  @Handle()
  expecting(count: number, @Ctx() ctx: ActorContext): void {
    ctx.rows.delete(Stock, { sku: 'a' }, { expect: count });
  }

  @Handle()
  flood(rows: number, @Ctx() ctx: ActorContext): void {
    for (let i = 0; i < rows; i++) ctx.rows.upsert(Stock, { sku: 'flood', quantity: i });
  }

  @Handle()
  left(@Ctx() ctx: ActorContext): void {
    setImmediate(() => {
      try {
        ctx.rows.delete(Stock, { sku: 'a' });
      } catch (error) {
        Seller.late = error;
      }
    });
  }
  static late: unknown;

  @SideEffect()
  protected async pay(id: string): Promise<string> {
    Seller.calls++;
    await Seller.gate;
    return `paid ${id}`;
  }
}

const WORD: StandardSchemaV1<string> = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: (value) =>
      typeof value === 'string' && /^\w+$/.test(value) ? { value } : { issues: [{ message: 'no word' }] },
  },
};

/** Keeps what it was told, in order. */
@Actor({ type: 'log', mailbox: { maxMessages: 20 } })
@UseFacets(durability(), virtualActor())
export class Log {
  @State() lines: string[] = [];

  @Handle()
  add(line: string): void {
    this.lines.push(line);
  }

  @Handle({ readOnly: true })
  all(): string[] {
    return this.lines;
  }

  /** The same, in line behind what was accepted before. */
  @Handle()
  behind(): string[] {
    return this.lines;
  }

  /** Nobody but `boss`, and nothing but words: refused before anything is stored. */
  @Handle({ schema: WORD })
  @UseGuards({
    canActivate: (call: ExecutionContext) => getActorCall(call).principal === 'boss',
  })
  guarded(line: string): void {
    this.lines.push(line);
  }

  /** Holds the line until the gate opens. */
  @Handle()
  async wait(): Promise<void> {
    await Log.gate;
  }
  static gate = Promise.resolve();

  /** Sends on within a transaction of the application, which turns may not. */
  @Handle()
  async forward(line: string, @Ctx() ctx: ActorContext): Promise<void> {
    await ctx.actor(Log, 'other').with({ transaction: Log.transaction }).tell.add(line);
  }
  static transaction: object;
}

/** Ends its turns in transactions of the application. */
@Actor({ type: 'till' })
@UseFacets(durability(), virtualActor())
export class Till {
  @State() taken = 0;
  /** Runs inside the transaction, between its statements. */
  static inside: (em: EntityManager) => Promise<unknown> = () => Promise.resolve();
  /** Runs in the handler, behind the transaction. */
  static behind: (ctx: ActorContext) => unknown = () => undefined;
  static runs = 0;
  static effects = 0;

  @Handle()
  async take(sku: string, @Ctx() ctx: ActorContext): Promise<number> {
    this.taken++;
    await this.note();
    ctx.rows.insert(Invoice, { id: `row ${ctx.messageId}` });
    await ctx.actor(Log, 'till').tell.add(sku);
    const left = await ctx.transact(async (em: EntityManager) => {
      Till.runs++;
      const stock = await em.findOneByOrFail(Stock, { sku });
      await em.update(Stock, { sku }, { quantity: stock.quantity - 1 });
      await Till.inside(em);
      await em.insert(Invoice, { id: `em ${ctx.messageId}` });
      return stock.quantity - 1;
    });
    await Till.behind(ctx);
    this.taken += 10;
    return left;
  }

  /** Nothing before it: the whole turn is one append. */
  @Handle()
  async just(sku: string, @Ctx() ctx: ActorContext): Promise<number> {
    this.taken++;
    return ctx.transact(async (em: EntityManager) => {
      Till.runs++;
      await em.decrement(Stock, { sku }, 'quantity', 1);
      await Till.inside(em);
      return this.taken;
    });
  }

  @Handle()
  bump(): number {
    return ++this.taken;
  }

  @SideEffect()
  protected note(): Promise<number> {
    return Promise.resolve(++Till.effects);
  }
}

/** Lives from `spawn`: its creation writes a row, and may be refused. */
@Actor({ type: 'counter' })
@UseFacets(durability())
export class Created implements OnCreate<[string, number]> {
  @State() value = 0;

  onCreate(sku: string, quantity: number): void {
    this.value += quantity;
    actorContext().rows.insert(Stock, { sku, quantity });
  }

  @Handle()
  get(): number {
    return this.value;
  }
}

/** The same without a journal. */
@Actor({ type: 'plain' })
@UseFacets(virtualActor())
export class Plain {
  @Handle()
  sell(@Ctx() ctx: ActorContext): void {
    ctx.rows.delete(Stock, { sku: 'a' });
  }
}

const silent: LoggerService = { log: () => undefined, warn: () => undefined, error: () => undefined };

export const folder = mkdtempSync(join(tmpdir(), 'plexspaces-rows-'));
let files = 0;
export const freshPath = (): string => join(folder, `${++files}.db`);
export const removeFolder = (): void => rmSync(folder, { recursive: true });

export function dataSourceOn(path: string): DataSource {
  return new DataSource({ type: 'better-sqlite3', database: path, entities: [Stock, Invoice], synchronize: true });
}

/** A database that can hold both, the application's tables and the journal. `place`: one such database. */
export interface ShopDatabase {
  readonly name: string;
  fresh(): Promise<string>;
  /** On another database of the same kind. */
  elsewhere(): Promise<DataSource>;
  dataSourceOn(place: string): DataSource;
  storageOn(place: string, dataSource: DataSource): DynamicModule;
  remove(): Promise<void>;
}

export const sqlite: ShopDatabase = {
  name: 'sqlite',
  fresh: () => Promise.resolve(freshPath()),
  elsewhere: () => Promise.resolve(dataSourceOn(freshPath())),
  dataSourceOn,
  storageOn: (path, dataSource) => TypeormStorageModule.sqlite(path, { dataSource, durability: 'relaxed' }),
  remove: () => Promise.resolve(removeFolder()),
};

interface ShopOptions {
  readonly storage?: DynamicModule;
  readonly actors?: Type<object>[];
  readonly database?: ShopDatabase;
  /** `false`: it acts beside the owner of the store, fenced by head rows alone, as one that was replaced may. Default: true. */
  readonly leased?: boolean;
}

/** An application, and the DataSource its entities are read through. */
export class Shop {
  private constructor(
    readonly module: TestingModule,
    readonly dataSource: DataSource,
  ) {}

  static async open(
    place = freshPath(),
    { storage, actors = [Seller, Plain], database = sqlite, leased = true }: ShopOptions = {},
  ): Promise<Shop> {
    const dataSource = await database.dataSourceOn(place).initialize();
    const store = storage ?? database.storageOn(place, dataSource);
    const module = await Test.createTestingModule({
      imports: [
        PlexSpacesModule.forRoot({
          development: false,
          lease: { ttl: '3s' }, // a killed one is waited for
          storage: leased ? store : withoutLeases(store),
        }),
        PlexSpacesModule.forFeature(actors),
      ],
    })
      .setLogger(silent)
      .compile();
    await module.init();
    const system = module.get(ActorSystem);
    if (system.ownership !== 'owner')
      await firstValueFrom(system.ownership$.pipe(filter(({ state }) => state === 'owner')));
    return new Shop(module, dataSource);
  }

  ref<T extends object>(cls: Type<T>, key = 'a'): ActorRef<T> {
    return this.module.get<ActorClient<T>>(getActorToken(cls)).ref(key);
  }

  async add(...skus: string[]): Promise<void> {
    await this.dataSource.getRepository(Stock).insert(skus.map((sku) => ({ sku, quantity: 10 })));
  }

  async stock(): Promise<Record<string, number>> {
    const rows = await this.dataSource.getRepository(Stock).find({ order: { sku: 'ASC' } });
    return Object.fromEntries(rows.map(({ sku, quantity }) => [sku, quantity]));
  }

  async invoices(): Promise<string[]> {
    const rows = await this.dataSource.getRepository(Invoice).find({ order: { id: 'ASC' } });
    return rows.map(({ id }) => id);
  }

  async close(): Promise<void> {
    await this.module.close();
    await this.dataSource.destroy();
  }
}

function withoutLeases(module: DynamicModule): DynamicModule {
  const providers = (module.providers ?? []).map((provider) => {
    const { useFactory } = provider as Partial<FactoryProvider<Storage>>;
    if (useFactory === undefined) return provider;
    const make = async (...args: unknown[]): Promise<Storage> =>
      Object.defineProperty(await useFactory(...args), 'leases', { value: undefined });
    return { ...(provider as FactoryProvider<Storage>), useFactory: make };
  });
  return { ...module, providers };
}
