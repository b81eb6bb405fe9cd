import { type ActorRef, Handle, MemoryStorage, SideEffect, State } from 'plexspaces';
import { ManualClock } from 'plexspaces/testing';
import { type App, closeApps, startApp } from '../../support/app';
import { Gate } from '../../support/gate';
import { DURABLE, type Kind, ON_SQLITE, removeFiles } from '../../support/kinds';

afterEach(closeApps);
afterAll(removeFiles);

let gate = new Gate();
let starts = 0;
beforeEach(() => {
  gate = new Gate();
  starts = 0;
});

class Till {
  @State() total = 0;

  @Handle() async pay(amount: number): Promise<number> {
    starts++;
    this.total += amount;
    return this.total;
  }
  @Handle() async payHeld(amount: number): Promise<number> {
    starts++;
    await gate.pass();
    this.total += amount;
    return this.total;
  }
  @Handle() async fail(): Promise<void> {
    starts++;
    throw new Error(`start ${starts}`);
  }
  @Handle({ retry: { maxAttempts: 2, initialDelay: 1 } }) async poison(): Promise<void> {
    starts++;
    await this.effect();
    throw new Error(`start ${starts}`);
  }
  @SideEffect() protected async effect(): Promise<number> {
    return 1;
  }
  @Handle({ readOnly: true }) sum(): number {
    return this.total;
  }
}

async function open(kind: Kind, env?: ManualClock): Promise<{ app: App; till: ActorRef<Till> }> {
  const cls = kind.virtual(Till);
  const app = await startApp({ actors: [cls], storage: kind.storage(), env });
  return { app, till: app.client(cls).ref('a') };
}

const conflict = { code: 'PS_IDEMPOTENCY_CONFLICT' };

describe.each([DURABLE, ON_SQLITE])('repeats sent to $name', (kind) => {
  it('get the recorded answer, from asks and tells alike, and change nothing', async () => {
    const { till } = await open(kind);
    const keyed = till.with({ idempotencyKey: 'order-1' });
    expect(await keyed.ask.pay(5)).toBe(5);
    await till.ask.pay(1);
    expect(await keyed.ask.pay(5)).toBe(5);
    await keyed.tell.pay(5);
    expect(await till.ask.sum()).toBe(6);
    expect(starts).toBe(2);
  });

  it('get it after a restart of the actor, too', async () => {
    const { till } = await open(kind);
    const keyed = till.with({ idempotencyKey: 'order-1' });
    expect(await keyed.ask.pay(5)).toBe(5);
    await till.stop();
    expect(await keyed.ask.pay(5)).toBe(5);
    expect(starts).toBe(1);
  });

  it('join a message that is being handled', async () => {
    const { till } = await open(kind);
    const keyed = till.with({ idempotencyKey: 'order-1' });
    const first = keyed.ask.payHeld(5);
    await gate.reached;
    const others = [keyed.ask.payHeld(5), keyed.ask.payHeld(5)];
    const told = keyed.tell.payHeld(5);
    gate.open();
    expect(await Promise.all([first, ...others])).toEqual([5, 5, 5]);
    await told;
    expect(await till.ask.sum()).toBe(5);
  });

  it('conflict when their arguments differ, running or done, asked or told', async () => {
    const { till } = await open(kind);
    const keyed = till.with({ idempotencyKey: 'order-1' });
    const first = keyed.ask.payHeld(5);
    await gate.reached;
    await expect(keyed.ask.payHeld(6)).rejects.toMatchObject(conflict);
    gate.open();
    await first;
    await expect(keyed.ask.payHeld(7)).rejects.toMatchObject(conflict);
    await expect(keyed.tell.payHeld(7)).rejects.toMatchObject(conflict);
    expect(await till.ask.sum()).toBe(5);
  });

  it('are other messages under another principal or for another actor', async () => {
    const { app, till } = await open(kind);
    const keyed = { idempotencyKey: 'k' };
    expect(await till.with(keyed).ask.pay(1)).toBe(1);
    expect(await till.with({ ...keyed, principal: 'ada' }).ask.pay(1)).toBe(2);
    expect(await till.with({ ...keyed, principal: 'bob' }).ask.pay(2)).toBe(4);
    expect(await app.system.ref('subject', 'b').with(keyed).ask('pay', 1)).toBe(1);
    expect(await till.with({ idempotencyKey: 'ak', principal: 'b' }).ask.pay(1)).toBe(5);
    expect(await till.with({ idempotencyKey: 'k', principal: 'ba' }).ask.pay(1)).toBe(6);
  });

  it('may be tried again when the first try was forgotten', async () => {
    const { till } = await open(kind);
    const keyed = till.with({ idempotencyKey: 'order-1' });
    await expect(keyed.ask.fail()).rejects.toThrow('start 1');
    await expect(keyed.ask.fail()).rejects.toThrow('start 2');
  });

  it('of a parked message hear that it was parked, and why', async () => {
    const { till } = await open(kind);
    const keyed = till.with({ idempotencyKey: 'order-1' });
    const parked = { code: 'PS_MESSAGE_PARKED', cause: { message: 'start 2' } };
    await expect(keyed.ask.poison()).rejects.toMatchObject(parked);
    await expect(keyed.ask.poison()).rejects.toMatchObject(parked);
    expect(starts).toBe(2);
  });

  it('200 at once with one key are one message', async () => {
    const { till } = await open(kind);
    const keyed = till.with({ idempotencyKey: 'order-1' });
    const answers = await Promise.all(Array.from({ length: 200 }, () => keyed.ask.pay(3)));
    expect(new Set(answers)).toEqual(new Set([3]));
    expect(starts).toBe(1);
  });
});

const codeOf = (error: unknown): string => (error as { code: string }).code;

describe('a repeat', () => {
  it('waits as long as it said itself, whatever the first asker said', async () => {
    const env = new ManualClock();
    const { till } = await open(DURABLE, env);
    const key = { idempotencyKey: 'order-1' };
    const outcomes: string[] = [];
    const note = (name: string, ask: Promise<number>): Promise<void> =>
      ask.then(
        (answer) => void outcomes.push(`${name} ${answer}`),
        (error: unknown) => void outcomes.push(`${name} ${codeOf(error)} at ${env.monotonic()}`),
      );
    const asks = [note('first', till.with({ ...key, timeout: '1s' }).ask.payHeld(5))];
    await gate.reached;
    asks.push(note('patient', till.with({ ...key, timeout: '1m' }).ask.payHeld(5)));
    await env.advance('1s');
    asks.push(note('second try', till.with({ ...key, timeout: '2s' }).ask.payHeld(5)));
    await env.advance('2s');
    expect(outcomes).toEqual(['first PS_ASK_TIMEOUT at 1000', 'second try PS_ASK_TIMEOUT at 3000']);
    gate.open();
    await Promise.all(asks);
    expect(outcomes[2]).toBe('patient 5');
    expect(starts).toBe(1);
  });

  it('learns the answer the first asker did not wait for', async () => {
    const env = new ManualClock();
    const { till } = await open(DURABLE, env);
    const keyed = till.with({ idempotencyKey: 'order-1', timeout: '1s' });
    const first = Promise.allSettled([keyed.ask.payHeld(5)]);
    await gate.reached;
    await env.advance('1s');
    expect(await first).toMatchObject([{ reason: { code: 'PS_ASK_TIMEOUT' } }]);
    gate.open();
    await env.settle();
    expect(await keyed.ask.payHeld(5)).toBe(5);
    expect(starts).toBe(1);
  });

  it('is remembered for 24 hours, not longer', async () => {
    const env = new ManualClock();
    const { till } = await open(DURABLE, env);
    const keyed = till.with({ idempotencyKey: 'order-1' });
    expect(await keyed.ask.pay(5)).toBe(5);
    await env.advance('23h');
    expect(await keyed.ask.pay(5)).toBe(5);
    await env.advance('2h');
    expect(await keyed.ask.pay(5)).toBe(10);
  });

  it('is recognised by an application that was started later on the same store', async () => {
    const cls = DURABLE.virtual(Till);
    const { tables } = new MemoryStorage();
    for (let round = 0; round < 2; round++) {
      const app = await startApp({ actors: [cls], storage: new MemoryStorage(tables) });
      expect(await app.client(cls).ref('a').with({ idempotencyKey: 'k' }).ask.pay(5)).toBe(5);
      await app.close();
    }
    expect(starts).toBe(1);
  });
});
