import { Actor, Handle, State, UseFacets, actorContext, virtualActor } from 'plexspaces';
import { closeApps, startApp } from '../../support/app';

afterEach(closeApps);

let isWanted = true;

@Actor({ type: 'restless' })
@UseFacets(virtualActor())
class Restless {
  @State() turns = 0;

  /** Each turn asks for the next, at once. */
  @Handle() async go(): Promise<void> {
    this.turns++;
    if (isWanted) await actorContext().actor(Restless, 'r').tell.go();
  }
  @Handle() count(): number {
    return this.turns;
  }
}

it('an actor that tells itself without end leaves room for timers and sockets', async () => {
  const { client } = await startApp({ actors: [Restless] });
  const ref = client(Restless).ref('r');
  await ref.tell.go();
  for (let rounds = 0; rounds < 3; rounds++) await new Promise((resolve) => setImmediate(resolve)); // would never come
  isWanted = false;
  expect(await ref.ask.count()).toBeGreaterThan(1_000);
});
