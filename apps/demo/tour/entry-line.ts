import type { EntryView } from './evidence';

/** What an entry says, as short as it can be said. */
export function entryLine(entry: EntryView): string {
  const field = (name: string): string => show(entry[name]);
  switch (entry.kind) {
    case 'ActivationStarted':
      return `epoch ${field('epoch')}, code version ${field('codeVersion')}`;
    case 'MessageReceived':
      return `${String(entry['method'])}(${listed(entry['payload'])})`;
    case 'SideEffectExecuted':
      return `${String(entry['name'])} ${outcomeOf(entry)}`;
    case 'StateChanged':
      return assignments(entry['changes']);
    case 'MessageProcessed':
      return outcomeOf(entry);
    default:
      return '';
  }
}

function outcomeOf({ result, error }: EntryView): string {
  if (error === null || error === undefined) return `→ ${show(result)}`;
  return `failed: ${show((error as { readonly message?: unknown }).message)}`;
}

function assignments(changes: unknown): string {
  const { values = {} } = changes as { readonly values?: Readonly<Record<string, unknown>> };
  return Object.entries(values)
    .map(([name, value]) => `${name} = ${show(value)}`)
    .join(', ');
}

function listed(payload: unknown): string {
  return Array.isArray(payload) ? payload.map(show).join(', ') : show(payload);
}

function show(value: unknown): string {
  return JSON.stringify(value) ?? 'undefined';
}
