import type { Type } from '@nestjs/common';
import { actorContext, type MessageOptions, type UntypedRef } from '#core';
import { encodeActorId } from '#spi';
import { InvalidTransitionError, UnexpectedEventError } from '../errors';
import { type Machine, machineOf, type Rule, rulesFor } from './machine';
import { keep, kept, type MachineState } from './machine-state';
import { Next } from './next';

type Methods = Readonly<Record<string, (...args: readonly unknown[]) => unknown>>;

// How a machine runs: always within a turn, on the actor's own state. So a transition that throws has not happened (P7),
// and timeouts, postponed events and their answers are durable with the turn that made them (P3).
//
//  S1. A transition is its method, the exit action, the new state, the entry action; then what was postponed is sent again.
//  S2. An event that was postponed comes before all that came after it: what arrives while such are on their way goes behind them.
//  S3. A timeout of an earlier stay, or before a later event, changes nothing.

export async function begin(self: object): Promise<MachineState> {
  const machine = machineOf(self.constructor as Type<object>);
  const state = kept(self);
  if (state !== undefined) return state;
  keep(self, { name: machine.initial, entered: 0, events: 0, postponed: [], sent: 0, handled: 0 });
  return enter(self, machine, machine.initial);
}

export async function handleEvent(self: object, event: string, args: readonly unknown[]): Promise<unknown> {
  const state = await begin(self);
  if (state.handled >= state.sent) return step(self, event, args);
  const token = actorContext().deferReply(); // S2
  await sendAgain(self, [{ event, args, token }]);
  return token;
}

export async function handleAgain(
  self: object,
  event: string,
  args: readonly unknown[],
  rank: number,
): Promise<unknown> {
  keep(self, { ...(await begin(self)), handled: rank });
  return step(self, event, args);
}

export async function handleTimeout(self: object, kind: 'state' | 'event', generation: number): Promise<unknown> {
  const state = await begin(self);
  const machine = machineOf(self.constructor as Type<object>);
  const { timeout, eventTimeout } = machine.states.get(state.name) ?? {};
  const due = kind === 'state' ? timeout : eventTimeout;
  if (due === undefined || generation !== (kind === 'state' ? state.entered : state.events)) return undefined; // S3
  return step(self, due.event, []);
}

async function step(self: object, event: string, args: readonly unknown[]): Promise<unknown> {
  const machine = machineOf(self.constructor as Type<object>);
  const from = await begin(self);
  const rule = await chooseRule(self, rulesFor(machine, from.name, event), args);
  if (rule === null) {
    if (machine.states.get(from.name)?.postpone?.includes(event) !== true)
      throw new UnexpectedEventError(actorName(), from.name, event, acceptedIn(machine, from.name));
    return putOff(self, event, args);
  }
  const result: unknown = await rule.method.apply(self, [...args]);
  if (result instanceof Next && result.kind === 'postpone') return putOff(self, event, args);
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

function putOff(self: object, event: string, args: readonly unknown[]): unknown {
  const state = kept(self) as MachineState;
  const token = actorContext().deferReply();
  keep(self, { ...state, postponed: [...state.postponed, { event, args, token }] });
  return token;
}

async function sendAgain(self: object, events: MachineState['postponed']): Promise<void> {
  for (const { event, args, token } of events) {
    const state = kept(self) as MachineState;
    const { sent } = keep(self, { ...state, sent: state.sent + 1 });
    await toSelf({ replyTo: token }).tell('fsmAgain', event, args, sent);
  }
}

async function act(self: object, { actions }: Machine, kind: 'entry' | 'exit', state: string): Promise<void> {
  const action = actions.find((candidate) => candidate.kind === kind && candidate.state === state);
  if (action !== undefined) await (self as Methods)[action.property]?.apply(self, []);
}

function acceptedIn({ rules, states }: Machine, state: string): readonly string[] {
  const taken = rules.filter((rule) => rule.from === state).map((rule) => rule.event);
  return [...new Set([...taken, ...(states.get(state)?.postpone ?? [])])];
}

function toSelf(options: MessageOptions): UntypedRef {
  const ctx = actorContext();
  return ctx.actorOfType(ctx.self.type, ctx.self.key).with(options);
}

function actorName(): string {
  return encodeActorId(actorContext().self);
}
