import type { Type } from '@nestjs/common';
import { checkMachine } from './check-machine';
import { machineOf, type Rule } from './machine';

/** The machine of a class as a Mermaid state diagram. @throws InvalidBehaviorError @publicApi */
export function toMermaid(cls: Type<object>): string {
  checkMachine(cls);
  const { initial, states, rules } = machineOf(cls);
  const ids = new Map([...states.keys()].map((state, i) => [state, /^\w+$/.test(state) ? state : `s${i}`]));
  const id = (state: string): string => ids.get(state) ?? state;
  const lines = ['stateDiagram-v2'];
  for (const [state, name] of ids) if (name !== state) lines.push(`    state ${JSON.stringify(state)} as ${name}`);
  lines.push(`    [*] --> ${id(initial)}`);
  for (const rule of rules)
    for (const to of rule.to.length === 0 ? [rule.from] : rule.to)
      lines.push(`    ${id(rule.from)} --> ${id(to)} : ${labelOf(rule)}`);
  for (const [state, { timeout, eventTimeout, postpone }] of states) {
    const notes = [
      ...(timeout === undefined ? [] : [`after ${timeout.after}: ${timeout.event}`]),
      ...(eventTimeout === undefined ? [] : [`${eventTimeout.after} without event: ${eventTimeout.event}`]),
      ...(postpone === undefined ? [] : [`postpones ${postpone.join(', ')}`]),
    ];
    if (notes.length > 0) lines.push(`    note right of ${id(state)} : ${notes.join('; ')}`);
  }
  return `${lines.join('\n')}\n`;
}

function labelOf({ event, options, to }: Rule): string {
  return `${event}${options.guard === undefined ? '' : ` [${options.guard}]`}${to.length === 0 ? ' (internal)' : ''}`;
}
