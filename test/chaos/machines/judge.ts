import { eventOf, type Observed, type Step } from './protocol';

/** Where each event leads, by the states that take it. */
const LEADS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  begin: { idle: 'busy', busy: 'busy' },
  work: { busy: 'busy' },
  tire: { busy: 'resting' },
  wake: { resting: 'idle' },
};

/** Why this is not the history of a machine that has run each of `events` events exactly once; none when it is. */
export function judgeMachine(observed: Observed, events: number): string[] {
  return [
    ...judgeSequence(observed),
    ...judgeEvents(observed.steps, events),
    ...judgeAnswers(observed, events),
    ...judgeLedger(observed),
  ];
}

/** Each event in a state that takes it; a way to another state is one exit and one entry, and nothing else is either. */
function judgeSequence({ steps, state: end }: Observed): string[] {
  const complaints: string[] = [];
  let state = 'nowhere';
  const expected: Step[] = [['entry', 'idle', '']];
  steps.forEach(([kind, name], at) => {
    const next = expected.shift();
    if (next !== undefined) {
      if (kind !== next[0] || name !== next[1])
        complaints.push(`step ${at} is ${kind} ${name}, not ${next[0]} ${next[1]}`);
      if (kind === 'entry') state = name;
      return;
    }
    const way = kind === 'event' ? LEADS[name] : undefined;
    if (way === undefined) return void complaints.push(`step ${at} is ${kind} ${name} without an event`);
    const to = way[state];
    if (to === undefined) complaints.push(`step ${at} is ${name} in state ${state}`);
    else if (to !== state) expected.push(['exit', state, ''], ['entry', to, '']);
  });
  if (expected.length > 0) complaints.push(`it ended before ${String(expected[0])}`);
  if (state !== end) complaints.push(`it is in state ${end}, and its steps lead to ${state}`);
  const passed = steps.filter(([kind]) => kind !== 'event').map(([, , id]) => Number(id));
  if (passed.some((id, i) => id !== i + 1)) complaints.push(`exits and entries are numbered ${passed.join()}`);
  return complaints;
}

/** Each exactly once, and those of a kind in the order in which they were sent. */
function judgeEvents(steps: readonly Step[], events: number): string[] {
  return (['begin', 'work'] as const).flatMap((name) => {
    const ran = steps.filter(([kind, event]) => kind === 'event' && event === name).map(([, , id]) => id);
    const sent = Array.from({ length: events }, (_, i) => eventOf(i)).filter((event) => event.name === name);
    const complaints: string[] = [];
    const lost = sent.filter(({ id }) => !ran.includes(id)).map(({ id }) => id);
    const doubled = ran.filter((id, i) => ran.indexOf(id) !== i);
    if (lost.length > 0) complaints.push(`${name}: lost ${lost.join()}`);
    if (doubled.length > 0) complaints.push(`${name}: run twice ${doubled.join()}`);
    const order = ran.map((id) => Number(id.slice(1)));
    const late = order.find((id, i) => i > 0 && id < (order[i - 1] as number));
    if (late !== undefined) complaints.push(`${name}: e${late} ran after a later one`);
    return complaints;
  });
}

/** Everybody was answered, each time the same, and with what the event did when it ran. */
function judgeAnswers({ steps, answers }: Observed, events: number): string[] {
  const complaints: string[] = [];
  const heard = new Set(answers.map(([id]) => id));
  if (heard.size !== events) complaints.push(`${heard.size} of ${events} events were answered`);
  for (const [id, answer] of answers)
    if (steps[answer - 1]?.[2] !== id || steps[answer - 1]?.[0] !== 'event')
      complaints.push(`${id} was answered ${answer}, where it did not run`);
  return complaints;
}

/** Each entry and exit was seen outside under one key, and nothing else was. */
function judgeLedger({ steps, ledger }: Observed): string[] {
  const passed = steps.filter(([kind]) => kind !== 'event').map((step) => step.join(' '));
  const complaints: string[] = [];
  for (const step of passed) {
    const keys = new Set(ledger.filter((line) => line.step.join(' ') === step).map(({ key }) => key));
    if (keys.size !== 1) complaints.push(`the ledger knows ${step} by ${keys.size} keys`);
  }
  const strange = ledger.filter(({ step }) => !passed.includes(step.join(' ')));
  if (strange.length > 0) complaints.push(`the ledger has ${JSON.stringify(strange)}`);
  return complaints;
}
