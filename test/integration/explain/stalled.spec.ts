import { type ActorContext, Actor, Ctx, Handle, UseFacets, durability, virtualActor } from 'plexspaces';
import { MemoryStorage } from 'plexspaces';
import { ActorTestingModule } from 'plexspaces/testing';
import { Gate } from '../../support/gate';

/** One class of two versions, which take different paths. */
function version(name: string, gate: Gate, ...steps: string[]) {
  @Actor({ type: 'walker', version: name })
  @UseFacets(durability(), virtualActor())
  class Walker {
    @Handle() async walk(@Ctx() ctx: ActorContext): Promise<void> {
      for (const step of steps) await ctx.sideEffect(step, () => step);
      await ctx.sideEffect('last', () => gate.pass());
    }
  }
  return Walker;
}

it('a message was begun by another version of the class', async () => {
  const gate = new Gate();
  const storage = new MemoryStorage();
  const Old = version('1', gate, 'left');
  const before = await ActorTestingModule.create({ actors: [Old], storage }).start();
  const walk = before.ref(Old, 'w').ask.walk();
  walk.catch(() => undefined);
  await gate.reached;
  await before.crash();
  gate.open();
  const New = version('2', gate, 'right');
  const after = await ActorTestingModule.create({
    actors: [New],
    storage: new MemoryStorage(storage.tables),
  }).start();
  const ref = after.ref(New, 'w');
  for (let i = 0; i < 1_000 && (await ref.explain()).cause('stalled') === undefined; i++)
    await new Promise((resolve) => setImmediate(resolve));
  expect((await ref.explain()).cause('stalled')).toMatchObject({
    facts: { wroteVersion: '1', runsVersion: '2' },
    remedy: expect.stringContaining('Start a node of version 1'),
  });
  await after.crash();
  await after.close();
  await before.close();
});
