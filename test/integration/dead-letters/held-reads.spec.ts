import { Actor, Handle, MemoryStorage, State, UseFacets, durability, virtualActor } from 'plexspaces';
import { ManualClock } from 'plexspaces/testing';
import { closeApps, startApp } from '../../support/app';

@Actor({ type: 'held', onPoison: 'hold' })
@UseFacets(durability(), virtualActor())
class Held {
  @State() value = 0;
  @Handle() add(by: number): number {
    return (this.value += by);
  }
  @Handle({ retry: { maxAttempts: 1 } }) fails(): void {
    throw new Error('toxic');
  }
  @Handle({ readOnly: true }) look(): number {
    return this.value;
  }
}

it('a read that brings a held actor into memory passes its line, as later ones do (P2)', async () => {
  const clock = new ManualClock();
  const storage = new MemoryStorage();
  const first = await startApp({ actors: [Held], storage, env: clock });
  const ref = first.client(Held).ref('a');
  await ref.ask.add(7);
  await ref.tell.fails();
  await ref.tell.add(1);
  await clock.settle();
  await clock.runUntil(first.close());
  const { client } = await startApp({ actors: [Held], storage: new MemoryStorage(storage.tables), env: clock });
  for (const _ of [1, 2]) {
    const seen = client(Held).ref('a').ask.look();
    await clock.settle();
    await expect(Promise.race([seen, 'nothing'])).resolves.toBe(7);
  }
  await clock.runUntil(closeApps());
});
