import 'reflect-metadata';
import { type INestApplicationContext, Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { type ActorClient, type ActorRef, PlexSpacesModule, getActorToken } from 'plexspaces';
import { STORAGE, type Storage } from 'plexspaces/spi';
import { TypeormStorageModule } from 'plexspaces/typeorm';
import type { Totals } from './expected-totals';
import type { OrderLine } from './read-orders';
import { Customer, StockItem, useOutside } from './shop';

// The node that is killed. It loads, says so, and does nothing until it is told to open the store: a node can wait loaded for the
// death of the one before it.

export interface Request {
  readonly id: number;
  readonly command: keyof Commands;
  readonly args: readonly unknown[];
}

export interface Reply {
  /** 0 when it is loaded. */
  readonly id: number;
  readonly value?: unknown;
  readonly error?: string;
}

export class Commands {
  private app: INestApplicationContext | undefined;
  private readonly items = new Map<string, ActorRef<StockItem>>();

  async open(database: string, outsideUrl: string): Promise<void> {
    useOutside(outsideUrl);
    @Module({
      imports: [
        PlexSpacesModule.forRoot({ storage: TypeormStorageModule.sqlite(database) }),
        PlexSpacesModule.forFeature([StockItem, Customer]),
      ],
    })
    class ShopModule {}
    this.app = await NestFactory.createApplicationContext(ShopModule, {
      logger: ['error', 'fatal'],
      abortOnError: false,
    });
  }

  order(line: OrderLine): Promise<number> {
    const { stockCode, number } = line;
    const item = this.items.get(stockCode) ?? this.client(StockItem).ref(stockCode);
    this.items.set(stockCode, item);
    return item.with({ idempotencyKey: keyOf(number) }).ask.order(line);
  }

  itemTotals(keys: readonly string[]): Promise<Totals[]> {
    return Promise.all(keys.map((key) => this.client(StockItem).ref(key).ask.totals()));
  }

  customerTotals(keys: readonly string[]): Promise<Totals[]> {
    return Promise.all(keys.map((key) => this.client(Customer).ref(key).ask.totals()));
  }

  /** How many of these customers still have messages waiting. */
  async waiting(keys: readonly string[]): Promise<number> {
    const { inbox } = this.opened.get<Storage>(STORAGE, { strict: false });
    const rows = await Promise.all(keys.map((key) => inbox.pending(this.client(Customer).ref(key).actorId)));
    return rows.filter(({ length }) => length > 0).length;
  }

  async stop(): Promise<void> {
    await this.opened.close();
    process.disconnect();
  }

  private client<T extends object>(cls: Type<T>): ActorClient<T> {
    return this.opened.get<ActorClient<T>>(getActorToken(cls), { strict: false });
  }

  private get opened(): INestApplicationContext {
    if (this.app === undefined) throw new Error('the store is not open');
    return this.app;
  }
}

/** Names the message of a line, equal in every delivery. */
export function keyOf(number: number): string {
  return `line-${number}`;
}

async function answer(commands: Commands, { id, command, args }: Request): Promise<void> {
  try {
    const method = commands[command] as (...args: unknown[]) => unknown;
    reply({ id, value: await method.apply(commands, [...args]) });
  } catch (error) {
    reply({ id, error: String(error) });
  }
}

function reply(message: Reply): void {
  if (process.connected) process.send?.(message);
}

if (require.main === module) {
  const commands = new Commands();
  process.on('message', (request: Request) => void answer(commands, request));
  reply({ id: 0 });
}
