// The README's quick start, from outside: the built node in a process of its own, over HTTP.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CountersNode } from './counters-node';

describe('npm start', () => {
  let folder: string;
  let database: string;
  let node: CountersNode;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'plexspaces-start-'));
    database = join(folder, 'data/journal.db'); // a folder that is not there yet
    node = await CountersNode.start(database);
  });

  afterAll(async () => {
    await node.end('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });

  it('creates a counter, and does not mind when it is there', async () => {
    expect(await node.call('POST', '/new')).toEqual({ status: 201, body: { key: 'new', value: 0 } });
    await node.increment('new', 3);
    expect(await node.call('POST', '/new')).toEqual({ status: 201, body: { key: 'new', value: 3 } });
  });

  it('applies an idempotency key once and repeats its answer (P5)', async () => {
    const first = await node.increment('keyed', 5, 'k1');
    await node.increment('keyed', 100);
    expect(first).toEqual({ status: 200, body: { key: 'keyed', value: 5 } });
    expect(await node.increment('keyed', 5, 'k1')).toEqual(first);
    expect(await node.call('GET', '/keyed')).toEqual({ status: 200, body: { key: 'keyed', value: 105 } });
  });

  it('refuses a known key with another body', async () => {
    await node.increment('conflict', 1, 'k1');
    const { status, body } = await node.increment('conflict', 2, 'k1');
    expect({ status, code: body['code'] }).toEqual({ status: 409, code: 'PS_IDEMPOTENCY_CONFLICT' });
    expect((await node.call('GET', '/conflict')).body['value']).toBe(1);
  });

  it('takes concurrent increments one at a time (P2)', async () => {
    await Promise.all(Array.from({ length: 100 }, () => node.increment('busy', 1)));
    expect((await node.call('GET', '/busy')).body['value']).toBe(100);
  });

  it.each([
    ['a text', { by: '5' }, 'by is the text "5", not a number.'],
    ['a fraction', { by: 0.5 }, 'by is 0.5, not a whole number.'],
    ['a number beyond 2^53', '{"by": 9007199254740993}', 'by is beyond 2^53, where JSON numbers lose digits.'],
    ['no amount', {}, 'by is missing in the JSON body.'],
    ['no body', undefined, 'by is missing in the JSON body.'],
    ['a list', [1], 'by is missing in the JSON body.'],
  ])('answers %s with a 400 that names the field and the remedy', async (_, body, sentence) => {
    const answer = await node.call('POST', '/strict/increment', body);
    expect(answer).toMatchObject({ status: 400, body: { field: 'by' } });
    expect(answer.body['message']).toContain(sentence);
    expect(answer.body['message']).toContain('Send a whole number from');
  });

  it.each([
    ['broken JSON', '/strict/increment', '{"by": '],
    ['a key that is too long', `/${'k'.repeat(600)}/increment`, { by: 1 }],
    ['a key with NUL', '/a%00b/increment', { by: 1 }],
    ['a key that is not UTF-8', '/%ff/increment', { by: 1 }],
  ])('answers %s with a 400 that says so', async (_, path, body) => {
    const answer = await node.call('POST', path, body);
    expect(answer.status).toBe(400);
    expect(answer.body['message']).toMatch(/JSON|key|param/);
  });

  it('refuses to leave the range of exact numbers, and keeps what it had', async () => {
    await node.increment('large', Number.MAX_SAFE_INTEGER);
    const answer = await node.increment('large', 1);
    expect(answer).toMatchObject({ status: 422, body: { code: 'COUNTER_OUT_OF_RANGE' } });
    expect((await node.call('GET', '/large')).body['value']).toBe(Number.MAX_SAFE_INTEGER);
  });

  it('shows the journal from any entry on, and the state at any of them', async () => {
    for (const by of [1, 10, 100]) await node.increment('past', by);
    const { body } = await node.call('GET', '/past/journal');
    const entries = body['entries'] as { seq: number; kind: string }[];
    expect(entries.map(({ seq }) => seq)).toEqual(entries.map((_, index) => index + 1));
    const ends = entries.filter(({ kind }) => kind === 'MessageProcessed').map(({ seq }) => seq);
    expect(ends).toHaveLength(3);

    const states = await Promise.all(ends.map((seq) => node.call('GET', `/past/state?seq=${seq}`)));
    expect(states.map((state) => state.body['state'])).toEqual([{ value: 1 }, { value: 11 }, { value: 111 }]);

    const later = await node.call('GET', `/past/journal?from=${ends[1]}`);
    expect((later.body['entries'] as { seq: number }[])[0]?.seq).toBe(ends[1]);
    expect(await node.call('GET', `/past/state?seq=${entries.length + 1}`)).toMatchObject({ status: 404 });
    expect(await node.call('GET', '/past/journal?from=x')).toMatchObject({
      status: 400,
      body: { field: 'from' },
    });
  });

  it('keeps all it answered through SIGKILL (P4)', async () => {
    const before = await node.increment('durable', 42, 'before');
    expect(await node.end('SIGKILL')).toMatchObject({ signal: 'SIGKILL' });
    node = await CountersNode.start(database);
    expect((await node.call('GET', '/durable')).body).toEqual({ key: 'durable', value: 42 });
    expect(await node.increment('durable', 42, 'before')).toEqual(before);
  });

  it('drains on SIGTERM: what was answered is kept, and the exit code is 0', async () => {
    const asked = Array.from({ length: 200 }, () =>
      node.increment('drained', 1).then(
        ({ status }) => status,
        () => 0,
      ),
    );
    await Promise.any(asked); // the others are under way
    expect(await node.end('SIGTERM')).toEqual({ code: 0, signal: null });
    const statuses = await Promise.all(asked);
    const acknowledged = statuses.filter((status) => status === 200).length;
    const unknown = statuses.filter((status) => status === 0).length;

    node = await CountersNode.start(database);
    const value = Number((await node.call('GET', '/drained')).body['value']);
    expect(value).toBeGreaterThanOrEqual(acknowledged);
    expect(value).toBeLessThanOrEqual(acknowledged + unknown);
  });

  it('says in a sentence why it cannot start, and ends with exit code 1', async () => {
    const port = new URL(node.address).port;
    const failures: [env: Record<string, string>, sentence: string][] = [
      [{ PORT: 'http' }, 'PORT is "http". Set a number from 0 to 65535'],
      [{ PORT: port, PLEXSPACES_DB: join(folder, 'other.db') }, 'Stop the other program, or choose a port'],
      [{}, 'is already open in another process'],
    ];
    for (const [env, sentence] of failures) {
      const second = new CountersNode(database, env);
      expect(await second.ended).toEqual({ code: 1, signal: null });
      expect(second.output).toContain(sentence);
    }
  });
});
