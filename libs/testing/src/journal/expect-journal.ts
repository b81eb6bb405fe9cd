import { inspect } from 'node:util';
import { type DescribedEntry, type EntryKind, type Journal, type JournalEntry, describeEntry } from '#journal';
import { type ActorId, encodeActorId } from '#spi';
import { InvalidTestOptionError, JournalExpectationError } from '../errors';
import { matches } from './match';
import { printJournal } from './print-journal';

/** What an entry must have, decoded as by `describeEntry`: `{ name: 'rate', result: 7 }`. More it may have. */
export type EntryMatch = Readonly<Record<string, unknown>>;

/** An actor by its ref. */
interface WithHistory {
  readonly actorId: string;
  readonly history: { entries(): Promise<JournalEntry[]> };
}

const KINDS: Readonly<Record<EntryKind, true>> = {
  ActivationStarted: true,
  MessageReceived: true,
  SideEffectExecuted: true,
  StateChanged: true,
  MessageSent: true,
  TimerScheduled: true,
  TimerFired: true,
  FacetAttached: true,
  FacetDetached: true,
  MessageProcessed: true,
  MessageParked: true,
};

/**
 * What an actor's journal must hold, in Jest, Vitest, node:test or a plain program:
 *
 * ```ts
 * await expectJournal(ref).toContain('SideEffectExecuted', { name: 'rate', result: 7 });
 * await expectJournal(ref).not.toContain('MessageParked');
 * ```
 * @param actor its ref; or its name or id, with the `journal` to look into
 * @publicApi
 */
export function expectJournal(actor: WithHistory): JournalExpectation;
export function expectJournal(actor: ActorId | string, journal: Journal): JournalExpectation;
export function expectJournal(actor: WithHistory | ActorId | string, journal?: Journal): JournalExpectation {
  if (typeof actor === 'object' && 'history' in actor)
    return new JournalExpectation(actor.actorId, () => actor.history.entries());
  if (journal === undefined)
    throw new InvalidTestOptionError('expectJournal()', 'needs a ref, or a name and the journal to look into');
  const name = typeof actor === 'string' ? actor : encodeActorId(actor);
  return new JournalExpectation(name, () => journal.replayFrom(actor, 1).toArray());
}

/** Each method reads the journal when it is called, and rejects with JournalExpectationError, which prints it. @publicApi */
export class JournalExpectation {
  /** @internal Made by expectJournal. */
  constructor(
    private readonly actor: string,
    private readonly read: () => Promise<JournalEntry[]>,
    private readonly negated = false,
  ) {}

  /** The opposite. */
  get not(): JournalExpectation {
    return new JournalExpectation(this.actor, this.read, !this.negated);
  }

  /** An entry of this kind that has these fields. */
  async toContain(kind: EntryKind, match: EntryMatch = {}): Promise<void> {
    checkKinds(kind);
    await this.expect(`an entry ${describeMatch(kind, match)}`, (entries) => count(entries, kind, match) > 0);
  }

  /** These kinds and no others, in this order. */
  async toEqualKinds(kinds: readonly EntryKind[]): Promise<void> {
    checkKinds(...kinds);
    await this.expect(`exactly the kinds ${kinds.join(', ') || '(none)'}`, (entries) =>
      matches(
        entries.map(({ kind }) => kind),
        kinds,
      ),
    );
  }

  /** As many entries of this kind (that have these fields). */
  async toHaveCount(kind: EntryKind, times: number, match: EntryMatch = {}): Promise<void> {
    checkKinds(kind);
    await this.expect(
      `${times} × ${describeMatch(kind, match)}`,
      (entries) => count(entries, kind, match) === times,
      (entries) => `${count(entries, kind, match)} found`,
    );
  }

  /** One record of this side effect, of all messages together. */
  async toHaveEffectOnce(name: string): Promise<void> {
    await this.expect(
      `one record of side effect ${name}`,
      (entries) => count(entries, 'SideEffectExecuted', { name }) === 1,
      (entries) => `${count(entries, 'SideEffectExecuted', { name })} found`,
    );
  }

  private async expect(
    what: string,
    holds: (entries: readonly DescribedEntry[]) => boolean,
    found: (entries: readonly DescribedEntry[]) => string = () => '',
  ): Promise<void> {
    const entries = (await this.read()).map(describeEntry);
    if (holds(entries) !== this.negated) return;
    const expectation = `${this.negated ? 'not ' : ''}${what}`;
    throw new JournalExpectationError(this.actor, expectation, found(entries), printJournal(this.actor, entries));
  }
}

function count(entries: readonly DescribedEntry[], kind: EntryKind, match: EntryMatch): number {
  return entries.filter((entry) => entry.kind === kind && matches(entry, match)).length;
}

/** A kind that does not exist would make every `not` true. */
function checkKinds(...kinds: readonly string[]): void {
  for (const kind of kinds)
    if (!Object.hasOwn(KINDS, kind))
      throw new InvalidTestOptionError(
        `entry kind ${kind}`,
        `does not exist; kinds are ${Object.keys(KINDS).join(', ')}`,
      );
}

function describeMatch(kind: EntryKind, match: EntryMatch): string {
  return Object.keys(match).length === 0 ? kind : `${kind} with ${inspect(match, { depth: 6, breakLength: Infinity })}`;
}
