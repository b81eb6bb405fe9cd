import {
  Actor,
  type ActorContext,
  Ctx,
  Facet,
  type Facet as FacetShape,
  type FacetPlanning,
  Handle,
  type Occurrence,
  State,
  UseFacets,
  durability,
  facet,
  virtualActor,
} from 'plexspaces';
import { ActorTestingModule, ManualClock, type TestApp } from 'plexspaces/testing';

// What a facet of an application's own may plan.

interface Errand {
  readonly occurrence?: Partial<Occurrence>;
  readonly dueAt?: unknown;
  readonly delayMs?: unknown;
}

interface Errands {
  send(errand: Errand): void;
  ring(errand: Errand): void;
}

@Facet({ name: 'errands', priority: 300, category: 'domain', description: 'Has its actor run things later.' })
class ErrandsFacet implements FacetShape {
  service({ planner }: FacetPlanning): Errands {
    const made = ({ occurrence: { name = 'e', ...rest } = {} }: Errand) => ({
      occurrence: { name: name === 'half' ? '\ud800' : name, generation: planner.generation(), number: 1, ...rest },
      handler: 'run',
      args: [],
      principal: '',
    });
    return {
      send: (errand) => planner.send(made(errand), (errand.dueAt ?? 0) as number),
      ring: (errand) => planner.afterCommit((alarms) => alarms.set('e', made(errand), errand.delayMs as number)),
    };
  }
}

@Actor({ type: 'runner' })
@UseFacets(durability(), virtualActor(), facet('errands'))
class Runner {
  @State() runs = 0;
  @Handle() send(@Ctx() ctx: ActorContext, errand: Errand): void {
    ctx.facet<Errands>('errands').send(errand);
  }
  @Handle() ring(@Ctx() ctx: ActorContext, delayMs: number): void {
    ctx.facet<Errands>('errands').ring({ delayMs });
  }
  @Handle() run(): void {
    this.runs++;
  }
  @Handle({ readOnly: true }) read(): number {
    return this.runs;
  }
}

let app: TestApp;
let clock: ManualClock;
beforeEach(async () => {
  clock = new ManualClock({ start: Date.UTC(2030, 0, 1) });
  app = await ActorTestingModule.create({ actors: [Runner], providers: [ErrandsFacet], clock }).start();
});
afterEach(() => app.close());

const runner = () => app.ref(Runner, 'r');

it('a plan of a facet of one’s own runs', async () => {
  await runner().ask.send({});
  await runner().ask.ring(5_000);
  await clock.advance('5s');
  expect(await runner().ask.read()).toBe(2);
});

it.each<[string, Errand]>([
  ['at no time', { dueAt: Number.NaN }],
  ['at a time without end', { dueAt: Number.POSITIVE_INFINITY }],
  ['between two milliseconds', { dueAt: 0.5 }],
  ['behind the last time there is', { dueAt: 9e15 }],
  ['at a text', { dueAt: 'soon' }],
  ['with a generation that breaks the id', { occurrence: { generation: 'a/b' } }],
  ['without generation', { occurrence: { generation: '' } }],
  ['with a number that is none', { occurrence: { number: Number.NaN } }],
  ['with a fraction', { occurrence: { number: 1.5 } }],
  ['with a negative number', { occurrence: { number: -1 } }],
  ['with half a character in its name', { occurrence: { name: 'half' } }],
])('one %s is refused by name', async (_, errand) => {
  await expect(runner().ask.send(errand)).rejects.toMatchObject({ code: 'PS_INVALID_PLAN', facet: 'errands' });
  expect(await app.storage.inbox.pending(runner().actorId)).toEqual([]);
});
