import { cyan, dim } from '../terminal/paint';
import { table } from '../terminal/table';
import { gainOf, percent } from './checkpoint-claims';
import { repeatedCalls } from './effect-claims';
import { entryLine } from './entry-line';
import type { EntryView, Evidence, RecoveryFigures, Sent } from './evidence';
import type { Aftermath } from './kill-plan';

const LAST_ENTRIES = 9;
const LAST_CHECKPOINTS = 6;

export function showJournal(evidence: Evidence): string[] {
  const { entries } = evidence;
  const resumed = resumedMessage(evidence);
  const parts = entriesOf(entries, resumed?.id ?? '');
  return [
    ...(resumed === undefined || parts.length === 0
      ? []
      : [
          dim(`message ${resumed.id}: its process was killed between two effects, the next one went on`),
          ...entryTable(parts),
          '',
        ]),
    dim(`the last of ${entries.length} entries`),
    ...entryTable(entries.slice(-LAST_ENTRIES)),
  ];
}

/** A message that went on in another process, on what the first one had recorded. */
function resumedMessage({ sent, deaths }: Evidence): Sent | undefined {
  const killed = new Set(deaths.map(({ message }) => message));
  return sent.find(({ id, effects }) => killed.has(id) && effects.some(({ fromRecord }) => fromRecord));
}

/** From the first entry of a message to its last, activations in between included. */
function entriesOf(entries: readonly EntryView[], message: string): readonly EntryView[] {
  const isOfMessage = ({ correlationId }: EntryView): boolean => correlationId === message;
  return entries.slice(entries.findIndex(isOfMessage), entries.findLastIndex(isOfMessage) + 1);
}

function entryTable(entries: readonly EntryView[]): string[] {
  const rows = entries.map((entry) => [entry.seq, entry.kind, entry.correlationId, entryLine(entry)]);
  return table(['seq', 'entry', 'message', 'content'], rows);
}

export function showCheckpoints({ checkpoints, recovery }: Evidence, configuration: string): string[] {
  const rows = [...checkpoints]
    .sort((a, b) => a.seq - b.seq)
    .slice(-LAST_CHECKPOINTS)
    .map(({ seq, time, bytes }) => [seq, new Date(time).toISOString(), bytes]);
  return [
    dim(configuration),
    ...table(['covers through seq', 'taken', 'bytes'], rows),
    '',
    dim(`${recovery.messages} messages, ${recovery.entries} entries, recovered both ways in one process`),
    ...showRecovery(recovery),
  ];
}

function showRecovery(recovery: RecoveryFigures): string[] {
  const { entries, replayMs, checkpointMs } = recovery;
  const row = (way: string, ms: number) => [way, rounded(ms), Math.round((entries / ms) * 1000)];
  return [
    ...table(
      ['recovery', 'ms', 'entries of history per second'],
      [row('from the first entry on', replayMs), row('checkpoint, and the entries after it', checkpointMs)],
    ),
    cyan(`${percent(gainOf(recovery))} faster: ${Math.round(replayMs / checkpointMs)} times`),
  ];
}

function rounded(ms: number): number {
  return Number(ms.toPrecision(3));
}

export function showEffects(evidence: Evidence): string[] {
  const { sent, mishap } = evidence;
  const cached = sent
    .filter(({ effects }) => effects.some(({ fromRecord }) => fromRecord))
    .map(({ id, effects }) => [
      id,
      id === mishap ? 'its handler threw' : 'its process was killed',
      ...effects.map(({ name, fromRecord }) => `${name} ${fromRecord ? 'from the record' : 'called'}`),
    ]);
  const repeats = repeatedCalls(evidence).map(({ message, effect, calls, recorded }) => [
    message,
    effect,
    calls.map(({ call, answer }) => `call ${call} → ${answer}`).join(', '),
    String(recorded),
  ]);
  return [
    ...table(['message', 'between the two', 'first effect', 'second effect'], cached),
    ...(repeats.length === 0 ? [] : ['', ...table(['message', 'effect', 'calls under one key', 'recorded'], repeats)]),
  ];
}

export function showDeaths({ deaths }: Evidence): string[] {
  if (deaths.length === 0) return [];
  const rows = deaths.map(({ kill, message }) => [message, kill.point, kill.meaning, nextRun(kill.leaves)]);
  return table(['message', 'killed at', 'when', 'sent again, it'], rows);
}

function nextRun(leaves: Aftermath | null): string {
  if (leaves === null) return '';
  if (leaves.answered) return 'gets the recorded answer';
  if (leaves.again !== null) return `calls ${leaves.again} once more`;
  return leaves.recorded === null ? 'makes both calls' : 'makes the second call';
}

export function showPast({ past, sent }: Evidence): string[] {
  const told = new Map(sent.map(({ id, answer }) => [id, answer]));
  const stride = Math.max(1, Math.floor(past.length / 5));
  const rows = past
    .filter((_, index) => index % stride === 0)
    .map(({ id, seq, value }) => [seq, id, value, told.get(id) ?? '?']);
  return table(['stateAt seq', 'end of', 'value rebuilt', 'value told then'], rows);
}
