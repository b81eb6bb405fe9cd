import { Actor, Handle, SideEffect, State, UseFacets, durability, virtualActor } from '#core';
import { ActorTestingModule } from '../app/actor-testing-module';
import type { TestApp } from '../app/test-app';
import { JournalExpectationError } from '../errors';
import { type JournalExpectation, expectJournal } from './expect-journal';

@Actor({ type: 'counter' })
@UseFacets(durability(), virtualActor())
class Counter {
  @State() value = 0;

  @Handle() async increment(by: number): Promise<number> {
    return (this.value += by * (await this.rate()));
  }

  @SideEffect() protected async rate(): Promise<number> {
    return 7;
  }
}

let app: TestApp;
beforeAll(async () => {
  app = await ActorTestingModule.create({ actors: [Counter] }).start();
  await app.ref(Counter, 'a').ask.increment(2);
});
afterAll(() => app.close());

const ofA = (): JournalExpectation => expectJournal(app.ref(Counter, 'a'));
const KINDS = [
  'ActivationStarted',
  'MessageReceived',
  'SideEffectExecuted',
  'StateChanged',
  'MessageProcessed',
] as const;

describe('expectJournal', () => {
  it.each<[string, () => Promise<void>]>([
    ['a kind', () => ofA().toContain('SideEffectExecuted')],
    ['fields, decoded', () => ofA().toContain('SideEffectExecuted', { name: 'rate', result: 7 })],
    ['fields deep down', () => ofA().toContain('StateChanged', { changes: { values: { value: 14 } } })],
    ['a list', () => ofA().toContain('MessageReceived', { method: 'increment', payload: [2] })],
    ['a matcher of the framework', () => ofA().toContain('MessageProcessed', { result: expect.any(Number) })],
    ['the kinds', () => ofA().toEqualKinds(KINDS)],
    ['a count', () => ofA().toHaveCount('MessageReceived', 1)],
    ['a count of some', () => ofA().toHaveCount('MessageReceived', 0, { method: 'reset' })],
    ['an effect once', () => ofA().toHaveEffectOnce('rate')],
    ['no such kind', () => ofA().not.toContain('MessageParked')],
    ['no such fields', () => ofA().not.toContain('SideEffectExecuted', { result: 8 })],
    ['not so many', () => ofA().not.toHaveCount('MessageReceived', 2)],
    ['no such effect once', () => ofA().not.toHaveEffectOnce('charge')],
    ['other kinds', () => ofA().not.toEqualKinds(KINDS.slice(1))],
    ['not not', () => ofA().not.not.toContain('StateChanged')],
    ['an actor by its id', () => expectJournal('default/default/counter/a', app.journal).toHaveEffectOnce('rate')],
    ['an actor by its parts', () => expectJournal(app.ref(Counter, 'a').id, app.journal).toHaveEffectOnce('rate')],
    ['an empty journal', () => expectJournal(app.ref(Counter, 'b')).toEqualKinds([])],
  ])('finds %s', async (_, expectation) => {
    await expectation();
  });

  it.each<[string, () => Promise<void>, string]>([
    ['a kind', () => ofA().toContain('MessageParked'), 'Expected an entry MessageParked.'],
    [
      'fields',
      () => ofA().toContain('SideEffectExecuted', { name: 'rate', result: 8 }),
      "Expected an entry SideEffectExecuted with { name: 'rate', result: 8 }.",
    ],
    [
      'a list that is longer',
      () => ofA().toContain('MessageReceived', { payload: [] }),
      'Expected an entry MessageReceived with { payload: [] }.',
    ],
    ['kinds', () => ofA().toEqualKinds(['MessageReceived']), 'Expected exactly the kinds MessageReceived.'],
    ['a count', () => ofA().toHaveCount('StateChanged', 3), 'Expected 3 × StateChanged, 1 found.'],
    ['an effect', () => ofA().toHaveEffectOnce('charge'), 'Expected one record of side effect charge, 0 found.'],
    ['not', () => ofA().not.toHaveEffectOnce('rate'), 'Expected not one record of side effect rate, 1 found.'],
    ['not a kind', () => ofA().not.toContain('StateChanged'), 'Expected not an entry StateChanged.'],
  ])('misses %s, and prints the journal', async (_, expectation, firstLine) => {
    const error = await expectation().then(
      () => null,
      (reason: unknown) => reason as JournalExpectationError,
    );
    expect(error).toBeInstanceOf(JournalExpectationError);
    const [first, title, ...lines] = (error as Error).message.split('\n');
    expect(first).toBe(firstLine);
    expect(title).toBe('The journal of default/default/counter/a:');
    expect(lines[1]).toMatch(/^ {5}2 {2}MessageReceived {2}messageId=.* method='increment' payload=\[ 2 \]$/);
    expect(lines[2]).toBe("     3  SideEffectExecuted  scope='handler' ordinal=0 name='rate' result=7 attempts=1");
    expect(lines[3]).toBe('     4  StateChanged  changes={ values: { value: 14 }, deltas: {}, removed: [] }');
  });

  it('says that a journal is empty', async () => {
    await expect(expectJournal(app.ref(Counter, 'b')).toContain('StateChanged')).rejects.toThrow(
      'The journal of default/default/counter/b is empty.',
    );
  });

  it('refuses a kind that does not exist, which every `not` would be true of, and an actor without a journal', async () => {
    const unknown = 'SideEffectexecuted' as 'SideEffectExecuted';
    await expect(ofA().not.toContain(unknown)).rejects.toMatchObject({ code: 'PS_INVALID_TEST_OPTION' });
    await expect(ofA().not.toHaveCount(unknown, 1)).rejects.toThrow(/kinds are ActivationStarted, MessageReceived/);
    await expect(ofA().not.toEqualKinds([unknown])).rejects.toThrow(/does not exist/);
    expect(() => (expectJournal as unknown as (actor: string) => unknown)('a')).toThrow(
      /needs a ref, or a name and the journal/,
    );
  });
});
