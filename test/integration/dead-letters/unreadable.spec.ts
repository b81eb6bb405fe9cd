import { Actor, DeadLetters, Handle, MemoryStorage, UseFacets, durability, virtualActor } from 'plexspaces';
import { ManualClock } from 'plexspaces/testing';
import { closeApps, startApp } from '../../support/app';

afterEach(closeApps);

@Actor({ type: 'held', onPoison: 'hold' })
@UseFacets(durability(), virtualActor())
class Held {
  @Handle({ retry: { maxAttempts: 1 } }) poison(): void {
    throw new Error('poison');
  }
  @Handle() ping(): string {
    return 'pong';
  }
}

it('a parked message that cannot be read is discarded all the same, and its line opens', async () => {
  const { tables } = new MemoryStorage();
  const env = new ManualClock();
  const app = await startApp({ actors: [Held], env, storage: new MemoryStorage(tables) });
  const ref = app.client(Held).ref('a');
  await ref.with({ idempotencyKey: 'k' }).tell.poison();
  await env.settle();
  const letters = app.module.get(DeadLetters);
  const [letter] = (await letters.list()).letters;
  const row = tables.actors.get(ref.actorId)?.inbox.get(letter?.messageId ?? '');
  if (letter === undefined || row?.message == null) throw new Error('nothing is parked');
  Object.assign(row, { message: row.message.map((byte, i) => (i === 20 ? byte ^ 1 : byte)) });
  await env.runUntil(letters.discard(letter));
  expect(await ref.ask.ping()).toBe('pong');
  expect(app.complaints).toContainEqual(expect.stringContaining('is discarded unread'));
});

it('a parked message whose class is gone is discarded', async () => {
  const { tables } = new MemoryStorage();
  const env = new ManualClock();
  const before = await startApp({ actors: [Held], env, storage: new MemoryStorage(tables) });
  await before.client(Held).ref('a').with({ idempotencyKey: 'k' }).tell.poison();
  await env.settle();
  await before.close();
  const after = await startApp({ actors: [], env, storage: new MemoryStorage(tables) });
  const letters = after.module.get(DeadLetters);
  const [letter] = (await letters.list()).letters;
  if (letter === undefined) throw new Error('nothing is parked');
  await expect(letters.retry(letter)).rejects.toMatchObject({ code: 'PS_UNKNOWN_ACTOR_TYPE' });
  await letters.discard(letter, 'nobody handles it');
  expect((await letters.list()).letters).toEqual([]);
  await after.close();
  const back = await startApp({ actors: [Held], env, storage: new MemoryStorage(tables) });
  const ref = back.client(Held).ref('a').with({ idempotencyKey: 'k' });
  await expect(ref.ask.poison()).rejects.toMatchObject({ code: 'PS_MESSAGE_DISCARDED' });
  expect(await back.client(Held).ref('a').ask.ping()).toBe('pong');
});
