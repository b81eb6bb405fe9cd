import { Journal } from '#journal';
import type { AcceptWrite, CheckpointRecord } from '#spi';
import { MemoryStorage } from '#storage/memory';
import { CrashStorage } from './crash-storage';

const ACTOR = 'default/default/counter/a';
const BODY = { kind: 'StateChanged', changes: { values: {}, deltas: {}, removed: [] } } as const;

function message(id: string): AcceptWrite {
  const row = { actor: ACTOR, id, argsHash: '', message: new Uint8Array([1]), attempts: 0, dueAt: 0 };
  return { kind: 'accept', row };
}

const checkpoint: CheckpointRecord = { actor: ACTOR, seq: 1, time: 0, bytes: new Uint8Array([1]) };

describe('a store as one life sees it', () => {
  const store = new MemoryStorage();
  let deaths = 0;
  let life: CrashStorage;

  function begin(dieAt: string | null): CrashStorage {
    store.tables.actors.clear();
    store.tables.checkpoints.clear();
    deaths = 0;
    return (life = new CrashStorage(store, dieAt, () => deaths++));
  }

  /** Gives every answer there is. @returns what became of `call` */
  async function outcomeOf<T>(call: Promise<T>): Promise<T | 'no answer'> {
    let outcome: T | 'no answer' = 'no answer';
    call.then(
      (value) => (outcome = value),
      (error: unknown) => (outcome = error as T),
    );
    for (let quiet = 0; quiet < 10; quiet++) {
      if (await life.answerNext()) quiet = 0;
      await Promise.resolve();
    }
    return outcome;
  }

  const ids = (): string[] => life.passed.map(({ id }) => id);
  const stored = async (): Promise<string[]> => (await store.inbox.pending(ACTOR)).map(({ id }) => id);

  it('names what passes, and lets it pass', async () => {
    begin(null);
    expect(await outcomeOf(life.journal.flush([message('m1'), message('m2')]))).toHaveLength(2);
    await outcomeOf(life.checkpoints.save(checkpoint, 2));
    expect(life.passed).toEqual([
      {
        id: 'flush#1.beforeApply',
        words: 'before the commit of message m1 in the inbox of counter/a and message m2 in the inbox of counter/a',
      },
      {
        id: 'flush#1.afterWrite1',
        words:
          'after the commit of message m1 in the inbox of counter/a, before that of message m2 in the inbox of counter/a',
      },
      {
        id: 'flush#1.afterApply',
        words:
          'after the commit of message m1 in the inbox of counter/a and message m2 in the inbox of counter/a, before its answer',
      },
      { id: 'checkpoint#1.beforeSave', words: 'before the checkpoint of counter/a at seq 1 was saved' },
      { id: 'checkpoint#1.afterSave', words: 'after the checkpoint of counter/a at seq 1 was saved' },
    ]);
    expect(life.diedAt).toBeNull();
  });

  it.each([
    ['flush#1.beforeApply', []],
    ['flush#1.afterWrite1', ['m1']],
    ['flush#1.afterWrite2', ['m1', 'm2']],
    ['flush#1.afterApply', ['m1', 'm2', 'm3']],
  ])('dies at %s: nobody is answered, and so much is stored: %j (D1, D2)', async (place, kept) => {
    begin(place);
    expect(await outcomeOf(life.journal.flush([message('m1'), message('m2'), message('m3')]))).toBe('no answer');
    expect(await stored()).toEqual(kept);
    expect(ids().at(-1)).toBe(place);
    expect(life.diedAt?.id).toBe(place);
    expect(deaths).toBe(1);
  });

  it.each([
    ['checkpoint#1.beforeSave', []],
    ['checkpoint#1.afterSave', [1]],
  ])('dies at %s (D1)', async (place, kept) => {
    begin(place);
    expect(await outcomeOf(life.checkpoints.save(checkpoint, 2))).toBe('no answer');
    expect(await store.checkpoints.list(ACTOR)).toEqual(kept);
  });

  it('a dead life gets no answer to anything, and nothing it writes arrives (D1, D3)', async () => {
    begin('flush#1.afterApply');
    await outcomeOf(life.journal.flush([message('m1')]));
    const { journal, inbox, checkpoints } = life;
    for (const call of [
      () => journal.flush([message('m2')]),
      () => journal.head(ACTOR),
      () => journal.actors('', '', 10),
      () => new Journal(journal).replayFrom(ACTOR, 1).toArray(),
      () => inbox.find(ACTOR, 'm1'),
      () => inbox.due(0, 1),
      () => checkpoints.save(checkpoint, 1),
      () => checkpoints.latest(ACTOR),
      () => journal.close(),
    ])
      expect(await outcomeOf<unknown>(call())).toBe('no answer');
    expect(await stored()).toEqual(['m1']);
    expect(await store.checkpoints.list(ACTOR)).toEqual([]);
    expect(ids()).toEqual(['flush#1.beforeApply', 'flush#1.afterApply']);
    expect(deaths).toBe(1);
  });

  it('what was asked before the death is not answered after it', async () => {
    begin('flush#1.beforeApply');
    const asked = life.inbox.pending(ACTOR);
    void life.journal.flush([message('m1')]);
    expect(await outcomeOf(asked)).toBe('no answer');
  });

  it('answers one at a time, in the order of the questions, when it is told to (D4)', async () => {
    begin(null);
    const answered: string[] = [];
    void life.journal.head(ACTOR).then(() => answered.push('head'));
    void life.inbox.pending(ACTOR).then(() => answered.push('pending'));
    void life.journal.flush([message('m1')]).then(() => answered.push('flush'));
    for (let i = 0; i < 20; i++) await Promise.resolve();
    expect(answered).toEqual([]);
    for (const expected of [['head'], ['head', 'pending'], ['head', 'pending', 'flush']]) {
      expect(await life.answerNext()).toBe(true);
      for (let i = 0; i < 20; i++) await Promise.resolve();
      expect(answered).toEqual(expected);
    }
    expect(await life.answerNext()).toBe(false);
  });

  it('hands on the journal page by page, and what the store refuses', async () => {
    begin(null);
    await outcomeOf(new Journal(life.journal).append(ACTOR, BODY));
    expect(await outcomeOf(new Journal(life.journal).replayFrom(ACTOR, 1).toArray())).toHaveLength(1);
    const closed = new MemoryStorage(store.tables);
    await closed.close();
    life = new CrashStorage(closed, null, () => undefined);
    expect(await outcomeOf<unknown>(life.journal.flush([message('m1')]))).toMatchObject({ code: 'PS_STORE_CLOSED' });
    expect(await outcomeOf<unknown>(life.inbox.pending(ACTOR))).toMatchObject({ code: 'PS_STORE_CLOSED' });
  });
});
