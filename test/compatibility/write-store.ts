import 'reflect-metadata';
import { Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { type ActorClient, PlexSpacesModule, SystemEnv, getActorToken } from 'plexspaces';
import { STORAGE, type Storage } from 'plexspaces/spi';
import { TypeormStorageModule } from 'plexspaces/typeorm';
import { Crate, KEPT, Shelf, WRITTEN_AT, outside } from './shelf';

// Writes a store as a version leaves it behind, and dies in the middle of a message:
//   node -r ./test/register.cjs test/compatibility/write-store.ts <file>
// It uses nothing that the first build did not have. Its outcome is kept under fixtures/, a file for each version that changes what
// is stored, after `PRAGMA wal_checkpoint(TRUNCATE)`.

class FixedClock extends SystemEnv {
  override now(): number {
    return WRITTEN_AT;
  }
}

async function main(file: string): Promise<void> {
  @Module({
    imports: [
      PlexSpacesModule.forRoot({ storage: TypeormStorageModule.sqlite(file), env: new FixedClock() }),
      PlexSpacesModule.forFeature([Shelf, Crate]),
    ],
  })
  class App {}
  const app = await NestFactory.createApplicationContext(App, { logger: ['error'] });
  const client = <T extends object>(cls: Type<T>): ActorClient<T> => app.get(getActorToken(cls), { strict: false });
  const { inbox } = app.get<Storage>(STORAGE, { strict: false });

  const a = client(Shelf).ref('a');
  for (let i = 0; i < 25; i++) await a.ask.put(`item ${i % 3}`, 1);
  await a.ask.keep(KEPT);
  await a.with({ idempotencyKey: 'price' }).ask.price('nails');
  await a
    .with({ idempotencyKey: 'refused', principal: 'ann' })
    .ask.refuse('no room')
    .catch(() => undefined);
  await a.with({ idempotencyKey: 'poison' }).tell.poison();
  while ((await inbox.parked(a.actorId)).length === 0);
  await a.with({ idempotencyKey: 'ship' }).ask.ship('b', 5);
  while ((await inbox.pending(client(Shelf).ref('b').actorId)).length > 0);
  await a.with({ idempotencyKey: 'later', delay: '1h' }).tell.put('late', 100);

  await client(Crate).spawn('kept', 'ann');
  const gone = await client(Crate).spawn('gone', 'bob');
  await gone.stop();

  outside.order = () => {
    process.kill(process.pid, 'SIGKILL'); // the first effect of `restock` is recorded, the second has begun
    return new Promise(() => undefined);
  };
  const c = client(Shelf).ref('c');
  await c.ask.put('screws', 1);
  await c.with({ idempotencyKey: 'restock' }).tell.restock('screws');
  await c.with({ idempotencyKey: 'behind' }).tell.put('bolts', 2);
}

void main(process.argv[2] as string);
