import { Test } from '@nestjs/testing';
import {
  Actor,
  type ActorClient,
  Handle,
  PlexSpacesModule,
  SideEffect,
  State,
  UseFacets,
  durability,
  getActorToken,
  virtualActor,
} from 'plexspaces';

@Actor({ type: 'plain' })
@UseFacets(virtualActor())
class Plain {
  @State() value = 0;
  @Handle() add(by: number): number {
    this.value += by;
    return this.value;
  }
  @Handle({ readOnly: true }) current(): number {
    return this.value;
  }
  @Handle() fail(): void {
    this.value = 99;
    throw new Error('no');
  }
}

let effects = 0;
@Actor({ type: 'counter' })
@UseFacets(durability({ checkpointEvery: 3 }), virtualActor())
class Counter {
  @State() value = 0;
  @Handle() async increment(by: number): Promise<number> {
    this.value += by * (await this.rate());
    return this.value;
  }
  @Handle() add(by: number): number {
    this.value += by;
    return this.value;
  }
  @Handle({ readOnly: true }) current(): number {
    return this.value;
  }
  @Handle() fail(): void {
    this.value = 99;
    throw new Error('no');
  }
  @SideEffect() protected async rate(): Promise<number> {
    effects++;
    return 2;
  }
}

describe('smoke', () => {
  it('works', async () => {
    const module = await Test.createTestingModule({
      imports: [PlexSpacesModule.forRoot(), PlexSpacesModule.forFeature([Plain, Counter])],
    }).compile();
    await module.init();
    const plain = module.get<ActorClient<Plain>>(getActorToken(Plain)).ref('a');
    expect(await plain.ask.add(1)).toBe(1);
    expect(await plain.ask.add(2)).toBe(3);
    await expect(plain.ask.fail()).rejects.toThrow('no');
    expect(await plain.ask.current()).toBe(3);
    const counters = module.get<ActorClient<Counter>>(getActorToken(Counter));
    const counter = counters.ref('a');
    expect(await counter.ask.add(1)).toBe(1);
    expect(await counter.ask.increment(2)).toBe(5);
    expect(await counter.ask.current()).toBe(5);
    await expect(counter.ask.fail()).rejects.toThrow('no');
    expect(await counter.with({ idempotencyKey: 'k' }).ask.add(1)).toBe(6);
    expect(await counter.with({ idempotencyKey: 'k' }).ask.add(1)).toBe(6);
    await expect(counter.with({ idempotencyKey: 'k' }).ask.add(2)).rejects.toMatchObject({
      code: 'PS_IDEMPOTENCY_CONFLICT',
    });
    await counter.tell.add(10);
    expect(await counter.ask.current()).toBe(16);
    expect(effects).toBe(1);
    expect((await counter.history.entries()).map((e) => e.kind)).toEqual([
      'ActivationStarted',
      'MessageReceived',
      'StateChanged',
      'MessageProcessed',
      'MessageReceived',
      'SideEffectExecuted',
      'StateChanged',
      'MessageProcessed',
      'MessageReceived',
      'StateChanged',
      'MessageProcessed',
      'MessageReceived',
      'StateChanged',
      'MessageProcessed',
    ]);
    expect(await counter.history.stateAt({ seq: 4 })).toEqual({ value: 1 });
    expect(await counter.history.verify()).toEqual({ ok: true, turns: 4, unverifiable: 0, divergences: [] });
    await module.close();
  });
});
