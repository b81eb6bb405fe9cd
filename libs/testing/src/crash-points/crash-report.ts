import { stripVTControlCharacters } from 'node:util';
import type { Boundary } from './boundary';
import type { CrashedEffect } from './scenario';

/** A crash after which things were not as they should be. @publicApi */
export interface CrashFailure {
  readonly boundary: Boundary;
  /** What failed: the start of the last life, its resuming of accepted work, the scenario run again, or the invariant. */
  readonly during: CrashStage;
  /** What was thrown; a `ScenarioNeverEndsError` when it did not end. */
  readonly error: unknown;
  /** The journal of each actor at the moment of the (last) death, one line per entry. */
  readonly journal: readonly string[];
  /** Side effects that were begun, in all lives. */
  readonly effects: readonly CrashedEffect[];
}

export type CrashStage = 'start' | 'resumption' | 'scenario' | 'invariant' | 'shutdown';

/** Nothing was found. @publicApi */
export interface CrashReport {
  /** Boundaries at which the application died, once each, and recovered. */
  readonly boundaries: readonly Boundary[];
  /** How often the scenario was run, the runs without a crash included. */
  readonly runs: number;
}

/** Failures that are told in full; the others by name. */
const TOLD_IN_FULL = 5;
/** Lines of the journal that are shown, the last ones. */
const JOURNAL_LINES = 20;

const WHAT: Readonly<Record<CrashStage, string>> = {
  start: 'the application did not start',
  resumption: 'accepted work was not finished',
  scenario: 'the scenario failed when run again',
  invariant: 'the invariant does not hold',
  shutdown: 'the application did not shut down',
};

/** What a person reads who looks for the mistake. Pure. */
export function tellFailures(failures: readonly CrashFailure[], tested: number, leak: unknown): string {
  const told = failures.slice(0, TOLD_IN_FULL).map((failure, i) => tellFailure(failure, i + 1));
  const others = failures.slice(TOLD_IN_FULL).map(({ boundary }) => `   ${boundary.id}: died ${boundary.words}`);
  const head = `${failures.length} of ${tested} crash points broke it:`;
  const parts = [head, ...told];
  if (others.length > 0) parts.push(`and\n${others.join('\n')}`);
  if (leak !== null) parts.push(tellLeak(leak));
  return parts.join('\n\n');
}

/** The first run, in which nothing crashes, must hold the invariant. Pure. */
export function tellFirstRun({ during, error }: CrashFailure): string {
  const what = during === 'scenario' ? 'the scenario failed' : WHAT[during];
  return `Without any crash ${what}:\n${indent(messageOf(error), 3)}\n`;
}

function tellFailure({ boundary, during, error, journal, effects }: CrashFailure, number: number): string {
  const hidden = Math.max(0, journal.length - JOURNAL_LINES);
  const lines = hidden === 0 ? journal : [`… ${hidden} more`, ...journal.slice(hidden)];
  return [
    `${number}) ${boundary.id}`,
    `   died ${boundary.words}`,
    `   ${WHAT[during]}:`,
    indent(messageOf(error), 5),
    '   the journal at that moment:',
    indent(lines.length === 0 ? '(empty)' : lines.join('\n'), 5),
    `   side effects begun before it: ${namesOf(effects.filter(({ life }) => life === 1))}; after it: ${namesOf(effects.filter(({ life }) => life > 1))}`,
  ].join('\n');
}

function namesOf(effects: readonly CrashedEffect[]): string {
  return effects.map(({ name }) => name).join(', ') || 'none';
}

function tellLeak(error: unknown): string {
  return [
    'Without a crash the scenario now fails as well, though it passed at first:',
    indent(messageOf(error), 5),
    '   Something outlives both the store and the process that died in the test: a static field, a module variable,',
    '   or a fake that is not made in world(). A real crash would lose it.',
  ].join('\n');
}

function messageOf(error: unknown): string {
  return stripVTControlCharacters(error instanceof Error ? error.message : String(error)).trim();
}

function indent(text: string, by: number): string {
  return text.replace(/^(?=.)/gm, ' '.repeat(by));
}
