// clock
export { ManualClock, type ManualClockOptions } from './clock/manual-clock';

// applications under test
export { ActorTestingModule, type OverrideWith } from './app/actor-testing-module';
export { TestApp, type TestAppState } from './app/test-app';
export type { TestParts } from './app/test-parts';

// side effects
export { EffectFake, type FakeBody, type FakeCall } from './fakes/effect-fake';
export { EffectFakes, type FakeAnswers, type MadeEffect } from './fakes/effect-fakes';

// crash points
export * from './crash-points';

// journals
export { type EntryMatch, expectJournal, JournalExpectation } from './journal/expect-journal';

// simulation
export * from './simulation';

// histories of a run, and their judge
export * from './history';

// a network that fails
export * from './fault-proxy';

export * from './errors';
