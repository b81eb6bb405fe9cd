import type { Type } from '@nestjs/common';
import { actorContext } from '#core';
import { encodeActorId } from '#spi';
import { InvalidTransitionError, UnexpectedEventError, UnknownStateError, UntakenTimeoutError } from '../errors';
import { memberOf } from '../taken-names';
import { decideOrder, noteComing } from './in-order';
import { type Machine, machineOf, type Rule, rulesFor } from './machine';
import { keep, kept, type MachineState, type Place } from './machine-state';
import { Next } from './next';
import { postponeEvent } from './postpone-event';
import { sendAgain, tellAgain, toSelf } from './send-again';

type Methods = Readonly<Record<string, (...args: readonly unknown[]) => unknown>>;

/** An event, and when it came. */
interface Event {
  readonly event: string;
  readonly args: readonly unknown[];
  readonly arrival: number;
  readonly isTimeout: boolean;
}

const NEW: Omit<MachineState, 'name'> = { entered: 0, events: 0, postponed: [], arrivals: 0, sent: 0, underWay: [] };

// How a machine runs: always within a turn, on the actor's own state. So a transition that throws has not happened (P7),
// and timeouts, postponed events and their answers are durable with the turn that made them (P3).
//
//  S1. A transition is its method, the exit action, the new state, the entry action; then what was postponed is sent again.
//  S2. Events are run in the order in which they came first, but for those that are postponed: what comes while earlier ones
//      are on their way goes behind them, timeouts and messages that are no events included: so an ask overtakes no earlier
//      tell (P2). While nothing is on its way those are what they are without a machine.
//  S3. A timeout of an earlier stay, or before a later event, changes nothing.
//  S4. The timeout of events begins anew when the machine begins, and with each event that was run or postponed.

export function isEvent(self: object, name: string): boolean {
  return machineFor(self).events.has(name);
}

/** Created: it is in its initial state, whose timeouts begin. */
export async function create(self: object): Promise<void> {
  if (kept(self) !== undefined) return;
  await begin(self);
  await armEventTimeout(self, machineFor(self));
}

async function begin(self: object): Promise<MachineState> {
  const state = kept(self);
  const machine = machineFor(self);
  if (state !== undefined && !machine.states.has(state.name))
    throw new UnknownStateError(actorName(), state.name, [...machine.states.keys()]);
  if (state !== undefined) return state;
  keep(self, { ...NEW, name: machine.initial });
  return enter(self, machine, machine.initial);
}

/** @param sent its place, when it was sent again */
export async function handleEvent(
  self: object,
  event: string,
  args: readonly unknown[],
  sent: Place | null = null,
): Promise<unknown> {
  const run = (arrival: number): Promise<unknown> => step(self, { event, args, arrival, isTimeout: false });
  return inOrder(self, await begin(self), sent, run, (place) => goBehind(event, args, place));
}

/** A message that is no event: `run` calls its handler. */
export function handleOther(
  self: object,
  name: string,
  args: readonly unknown[],
  sent: Place | null,
  run: () => unknown,
): unknown {
  const state = kept(self);
  if (state === undefined || (sent === null && state.underWay.length === 0)) return run();
  return inOrder(self, state, sent, run, (place) => goBehind(name, args, place));
}

export async function handleTimeout(
  self: object,
  kind: 'state' | 'event',
  generation: number,
  sent: Place | null = null,
): Promise<unknown> {
  const state = await begin(self);
  const { timeout, eventTimeout } = machineFor(self).states.get(state.name) ?? {};
  const due = kind === 'state' ? timeout : eventTimeout;
  if (due === undefined || generation !== (kind === 'state' ? state.entered : state.events)) {
    if (sent !== null) keep(self, noteComing(state, sent));
    return undefined; // S3
  }
  const run = (arrival: number): Promise<unknown> =>
    step(self, { event: due.event, args: [], arrival, isTimeout: true });
  return inOrder(self, state, sent, run, (place) => toSelf({}).tell('fsmTimeout', kind, generation, place));
}

/** S2. */
function inOrder(
  self: object,
  before: MachineState,
  sent: Place | null,
  run: (arrival: number) => unknown,
  behind: (place: Place) => unknown,
): unknown {
  const { runs, place, state } = decideOrder(before, sent);
  keep(self, state);
  return runs ? run(place.arrival) : behind(place);
}

async function goBehind(event: string, args: readonly unknown[], place: Place): Promise<unknown> {
  const token = actorContext().deferReply();
  await tellAgain({ event, args, token }, place);
  return token;
}

async function step(self: object, received: Event): Promise<unknown> {
  const { event, args } = received;
  const machine = machineFor(self);
  const from = kept(self) as MachineState;
  const rule = await chooseRule(self, rulesFor(machine, from.name, event), args);
  if (rule === null && machine.states.get(from.name)?.postpone?.includes(event) !== true)
    throw unexpected(machine, from.name, received);
  const result: unknown = rule === null ? null : await callMethod(self, rule, args);
  if (rule === null || (result instanceof Next && result.kind === 'postpone')) return putOff(self, machine, received);
  const { to, answer } = destination(rule, result);
  if (to !== null) {
    await act(self, machine, 'exit', from.name);
    await enter(self, machine, to);
    const { postponed } = kept(self) as MachineState;
    keep(self, { ...(kept(self) as MachineState), postponed: [] });
    await sendAgain(self, postponed);
  }
  await armEventTimeout(self, machine);
  return answer;
}

/** Nobody hears what is answered to a timeout: that fails as a crash does. */
function unexpected(machine: Machine, state: string, { event, isTimeout }: Event): Error {
  if (isTimeout) return new UntakenTimeoutError(actorName(), state, event);
  return new UnexpectedEventError(actorName(), state, event, acceptedIn(machine, state));
}

async function putOff(self: object, machine: Machine, received: Event): Promise<unknown> {
  const token = postponeEvent(self, machine, received);
  await armEventTimeout(self, machine); // S4
  return token;
}

async function callMethod(self: object, rule: Rule, args: readonly unknown[]): Promise<unknown> {
  const { contextAt } = rule;
  const own = memberOf(Object.getPrototypeOf(self) as object, rule.property); // a class may override what it inherits
  const method = typeof own === 'function' ? (own as Rule['method']) : rule.method;
  if (contextAt.length === 0) return method.apply(self, [...args]);
  const all: unknown[] = [...args];
  for (const position of contextAt) {
    while (all.length < position) all.push(undefined);
    all.splice(position, 0, actorContext());
  }
  return method.apply(self, all);
}

async function chooseRule(self: object, rules: readonly Rule[], args: readonly unknown[]): Promise<Rule | null> {
  for (const rule of rules) {
    const { guard } = rule.options;
    if (guard === undefined || (await (self as Methods)[guard]?.apply(self, [...args])) === true) return rule;
  }
  return null;
}

/** Where it leads; `null`: the machine stays. @throws InvalidTransitionError */
function destination(rule: Rule, result: unknown): { readonly to: string | null; readonly answer: unknown } {
  const next = result instanceof Next ? result : null;
  if (next?.kind === 'keep') return { to: null, answer: next.answer };
  if (next === null && rule.to.length < 2) return { to: rule.to[0] ?? null, answer: result };
  const to = next === null ? result : next.state;
  if (typeof to !== 'string' || !rule.to.includes(to))
    throw new InvalidTransitionError(actorName(), rule.from, rule.event, to, rule.to);
  return { to, answer: next === null ? result : next.answer };
}

async function enter(self: object, machine: Machine, name: string): Promise<MachineState> {
  const before = kept(self) as MachineState;
  const state = keep(self, { ...before, name, entered: before.entered + 1 });
  await act(self, machine, 'entry', name);
  const timeout = machine.states.get(name)?.timeout;
  if (timeout !== undefined) await toSelf({ delay: timeout.after }).tell('fsmTimeout', 'state', state.entered);
  return state;
}

async function armEventTimeout(self: object, machine: Machine): Promise<void> {
  const before = kept(self) as MachineState;
  const timeout = machine.states.get(before.name)?.eventTimeout;
  const state = keep(self, { ...before, events: before.events + 1 });
  if (timeout !== undefined) await toSelf({ delay: timeout.after }).tell('fsmTimeout', 'event', state.events);
}

async function act(self: object, { actions }: Machine, kind: 'entry' | 'exit', state: string): Promise<void> {
  const action = actions.find((candidate) => candidate.kind === kind && candidate.state === state);
  if (action !== undefined) await (self as Methods)[action.property]?.apply(self, []);
}

function acceptedIn({ rules, states }: Machine, state: string): readonly string[] {
  const taken = rules.filter((rule) => rule.from === state).map((rule) => rule.event);
  return [...new Set([...taken, ...(states.get(state)?.postpone ?? [])])];
}

function machineFor(self: object): Machine {
  return machineOf(self.constructor as Type<object>);
}

function actorName(): string {
  return encodeActorId(actorContext().self);
}
