import { durability, virtualActor } from 'plexspaces';
import { World, ofKind } from '../durable/world';
import { actorOf } from '../../support/kinds';
import { Desk } from './desk';

const DurableDesk = actorOf(Desk, { type: 'desk' }, durability(), virtualActor());

describe.each(['msgpack', 'json'] as const)('the history of an answer that was put off, in %s', (codec) => {
  const world = new World();
  afterAll(() => world.end());

  it('says who was answered what and when, runs again as it ran, and answers those who repeat after a crash', async () => {
    const first = await world.start([DurableDesk], { codec });
    const desk = first.ref(DurableDesk);
    const asked = desk.with({ idempotencyKey: 'k' }).ask.request('a');
    await desk.ask.seen();
    await desk.ask.decide('a', 'yes');
    expect(await asked).toBe('yes');
    const refused = desk
      .with({ idempotencyKey: 'r' })
      .ask.request('b')
      .catch((error: { code: string }) => error.code);
    await desk.ask.seen();
    await desk.ask.refuse('b');
    expect(await refused).toBe('REFUSED');
    const stopped = desk
      .with({ idempotencyKey: 'w' })
      .ask.request('c')
      .catch((error: { code: string }) => error.code);
    await desk.ask.seen();

    const sent = ofKind(await desk.history.replayFrom(1), 'MessageSent');
    expect(sent.map(({ messageId, method }) => [messageId, method])).toEqual([
      ['$reply/key/0//k', '$reply'],
      ['$reply/key/0//r', '$replyError'],
    ]);
    expect(await desk.history.verify()).toMatchObject({ ok: true });
    first.crash();
    void stopped;

    const next = (await world.start([DurableDesk], { codec })).ref(DurableDesk);
    expect(await next.with({ idempotencyKey: 'k' }).ask.request('a')).toBe('yes');
    await expect(next.with({ idempotencyKey: 'r' }).ask.request('b')).rejects.toMatchObject({ code: 'REFUSED' });
    await expect(next.with({ idempotencyKey: 'k' }).ask.request('z')).rejects.toMatchObject({
      code: 'PS_IDEMPOTENCY_CONFLICT',
    });
    const waiting = next.with({ idempotencyKey: 'w' }).ask.request('c');
    await next.ask.seen();
    await next.ask.decide('c', 'no');
    expect(await waiting).toBe('no');
    expect((await next.ask.seen()).requests).toBe(3);
  });
});
