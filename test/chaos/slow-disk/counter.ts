import { Actor, Handle, SideEffect, State, UseFacets, durability, virtualActor } from 'plexspaces';

@Actor({ type: 'counter' })
@UseFacets(durability({ checkpointEvery: 20 }), virtualActor())
export class Counter {
  @State() value = 0;

  @Handle() add(by: number): number {
    return (this.value += by);
  }

  /** With a record that has to be durable before the turn goes on. */
  @Handle() async addRated(by: number): Promise<number> {
    const [one] = [await this.rate(), await this.rate()];
    return (this.value += by * one);
  }

  @Handle({ readOnly: true }) current(): number {
    return this.value;
  }

  @SideEffect() protected rate(): Promise<number> {
    return Promise.resolve(1);
  }
}
