import { Actor, Handle, State, UseFacets, durability, virtualActor } from 'plexspaces';
import { failureOf, until } from './gate';
import { World, kinds } from './world';

@Actor({ type: 'late' })
@UseFacets(virtualActor())
class Late {
  @State() value = 0;
  @State() items: string[] = ['initial'];
  @Handle() add(by: number): number {
    this.items.push(`+${by}`);
    return (this.value += by);
  }
  @Handle({ readOnly: true }) seen(): [number, string[]] {
    return [this.value, this.items];
  }
}

@Actor({ type: 'born' })
@UseFacets(durability(), virtualActor())
class Born {
  @Handle() ping(): string {
    return 'pong';
  }
}

describe('durability attached to a running actor', () => {
  let world: World;
  beforeEach(() => (world = new World()));
  afterEach(() => world.end());

  it('[FI-DU18] value 3, attach, crash: 3', async () => {
    const first = await world.start([Late]);
    await first.ref(Late).ask.add(3);
    await first.ref(Late).facets.attach('durability', { config: { checkpointEvery: 10 } });
    first.crash();
    const second = await world.start([Late]);
    expect(await second.ref(Late).ask.seen()).toEqual([3, ['initial', '+3']]);
    expect(await second.ref(Late).ask.add(1)).toBe(4);
    second.crash();
    const third = await world.start([Late]);
    expect(await third.ref(Late).ask.seen()).toEqual([4, ['initial', '+3', '+1']]);
    expect(await third.ref(Late, 'b').ask.add(1)).toBe(1);
    expect(await third.ref(Late, 'b').history.entries()).toEqual([]);
  });

  it('[FI-DU18] the whole state is its first turn, before the next message', async () => {
    const node = await world.start([Late]);
    await node.ref(Late).ask.add(3);
    await Promise.all([node.ref(Late).facets.attach('durability'), node.ref(Late).ask.add(1)]);
    const entries = await node.ref(Late).history.entries();
    expect(kinds(entries).slice(0, 5)).toEqual([
      'ActivationStarted',
      'MessageReceived',
      'StateChanged',
      'FacetAttached',
      'MessageProcessed',
    ]);
    expect(await node.ref(Late).history.stateAt({ seq: 5 })).toEqual({ value: 3, items: ['initial', '+3'] });
    expect(await node.ref(Late).ask.seen()).toEqual([4, ['initial', '+3', '+1']]);
  });

  it('[FI-DU18] its options stay in effect after a restart', async () => {
    const first = await world.start([Late]);
    await first.ref(Late).facets.attach('durability', { config: { checkpointEvery: 2 } });
    await first.close();
    const second = await world.start([Late]);
    for (let i = 0; i < 2; i++) await second.ref(Late).ask.add(1);
    await until(async () => second.probe.saves.length > 0);
    const [facet] = (await second.ref(Late).facets.list()).filter(({ name }) => name === 'durability');
    expect(facet).toMatchObject({ config: expect.objectContaining({ checkpointEvery: 2 }) as unknown });
  });

  it('cannot be detached: what was acknowledged would be lost', async () => {
    const node = await world.start([Late, Born]);
    await node.ref(Late).ask.add(3);
    await node.ref(Late).facets.attach('durability');
    for (const ref of [node.ref(Late), node.ref(Born)]) {
      expect(await failureOf(ref.facets.detach('durability'))).toMatchObject({ code: 'PS_INVALID_FACET' });
      expect((await ref.facets.list()).map(({ name }) => name)).toContain('durability');
    }
    expect(await node.ref(Late).ask.add(1)).toBe(4);
  });

  it('twice is refused, and so are options it does not know', async () => {
    const node = await world.start([Late]);
    expect(await failureOf(node.ref(Late).facets.attach('durability', { config: { nonsense: 1 } }))).toMatchObject({
      code: 'PS_INVALID_FACET_CONFIG',
    });
    await node.ref(Late).facets.attach('durability');
    expect(await failureOf(node.ref(Late).facets.attach('durability'))).toMatchObject({ code: 'PS_FACET_ATTACHED' });
  });
});
