import { DeadLetters, Handle, State } from 'plexspaces';
import { Fsm, Transition, stateOf } from 'plexspaces/behaviors';
import { ManualClock } from 'plexspaces/testing';
import { closeApps, startApp } from '../../support/app';
import { settle } from '../../support/gate';
import { DURABLE, type Kind, PLAIN } from '../../support/kinds';

afterEach(closeApps);

let allowedOutside = false;
beforeEach(() => (allowedOutside = false));

/** Waits for payment, and gives up when that is allowed. */
@Fsm({
  initial: 'open',
  states: {
    open: { timeout: { after: '10s', event: 'expire' } },
    idle: { eventTimeout: { after: '10s', event: 'expire' } },
    over: {},
  },
})
class Order {
  @State() mayEnd = false;
  @Transition({ from: ['open', 'idle'], to: 'over', guard: 'isAllowed' }) expire(): void {
    return;
  }
  @Transition({ from: 'open', to: 'idle' }) rest(): void {
    return;
  }
  isAllowed(): boolean {
    return this.mayEnd || allowedOutside;
  }
  @Handle() allow(): void {
    this.mayEnd = true;
  }
  @Handle({ readOnly: true }) look(): string | undefined {
    return stateOf(this);
  }
}

describe.each(['open', 'idle'])('a timeout that no transition takes, in state %s', (state) => {
  async function start(kind: Kind) {
    const cls = kind.regular(Order);
    const env = new ManualClock();
    const app = await startApp({ actors: [cls], env, storage: kind.storage() });
    const order = await app.client(cls).spawn('a');
    if (state === 'idle') await order.ask.rest();
    const pass = async (time: string) => {
      await env.advance(time);
      await settle();
    };
    await pass('10s');
    return { app, order, pass };
  }

  it.each([PLAIN, DURABLE])('is tried again and given up, and says so, on $name', async (kind) => {
    const { app, order, pass } = await start(kind);
    for (let i = 0; i < 60; i++) await pass('1s');
    expect(app.complaints.join()).toContain(`The timeout expire of state ${state} came to`);
    expect(await order.ask.look()).toBe(state);
  });

  it.each([PLAIN, DURABLE])('is taken by a later attempt, should a guard say yes by then, on $name', async (kind) => {
    const { app, order, pass } = await start(kind);
    expect(await order.ask.look()).toBe(state);
    allowedOutside = true;
    for (let i = 0; i < 10; i++) await pass('1s');
    expect(await order.ask.look()).toBe('over');
    if (kind === DURABLE) expect((await app.module.get(DeadLetters).list()).letters).toEqual([]);
  });

  it('is parked then, where it can be seen and taken up again (durable)', async () => {
    const { app, order, pass } = await start(DURABLE);
    for (let i = 0; i < 60; i++) await pass('1s');
    const { letters } = await app.module.get(DeadLetters).list();
    expect(letters).toMatchObject([{ method: 'fsmTimeout', cause: { code: 'PS_FSM_UNTAKEN_TIMEOUT' } }]);
    expect((await order.explain()).causes).toMatchObject([{ kind: 'parked' }]);
    await order.ask.allow();
    await app.module.get(DeadLetters).redrive();
    await pass('1s');
    expect(await order.ask.look()).toBe('over');
  });
});
