import {
  Actor,
  type ErrorDecision,
  Facet,
  type Facet as FacetShape,
  Handle,
  State,
  UseFacets,
  durability,
  facet,
  virtualActor,
} from 'plexspaces';
import { ActorTestingModule, type TestApp } from 'plexspaces/testing';

// Turns of which the answer alone is committed.

@Facet({ name: 'soothing', priority: 200, category: 'domain', description: 'Answers zero where a handler fails.' })
class Soothing implements FacetShape {
  onError(): ErrorDecision {
    return { policy: 'default', value: 0 };
  }
}

@Actor({ type: 'nervous' })
@UseFacets(durability(), virtualActor(), facet('soothing'))
class Nervous {
  @State() tries = 0;
  @Handle() try(): number {
    this.tries++;
    throw new Error('no');
  }
  @Handle() read(): number {
    return this.tries;
  }
}

let app: TestApp;
beforeEach(async () => {
  app = await ActorTestingModule.create({ actors: [Nervous], providers: [Soothing] }).start();
});
afterEach(() => app.close());

it('[P7] [P9] an answer that a facet gave for a failed turn is verified as one that changed nothing', async () => {
  const ref = app.ref(Nervous, 'n');
  expect(await ref.ask.try()).toBe(0);
  expect(await ref.ask.read()).toBe(0);
  expect(await ref.history.verify()).toMatchObject({ divergences: [] });
});
