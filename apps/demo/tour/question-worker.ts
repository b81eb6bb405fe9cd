import { CommandError, type Worker } from '../processes/worker';
import type { CheckpointView, EntryView, PastValue, Repeat, Sent } from './evidence';
import { journaledMessages } from './journaled-messages';
import { KEY } from './send-messages';

/** Past states looked up one by one: enough to trust, few enough to wait for. */
const MOST_PAST_VALUES = 200;

/** Every message once more, under the id it had: each must get its first answer, and nothing may happen. */
export async function repeatMessages(worker: Worker, sent: readonly Sent[]): Promise<Repeat[]> {
  const repeats: Repeat[] = [];
  for (const { id, by } of sent) {
    const { value } = await worker.call('tour', 'change', KEY, by, id, true);
    repeats.push({ id, answer: value });
  }
  return repeats;
}

/** An id that is known, with another amount. @returns the code of the refusal, or '' when it was taken */
export async function sendConflict(worker: Worker, { id, by }: Sent): Promise<string> {
  try {
    await worker.call('tour', 'change', KEY, by + Math.sign(by), id, true);
    return '';
  } catch (error) {
    if (error instanceof CommandError) return error.code;
    throw error;
  }
}

export async function readHistory(worker: Worker) {
  const entries = (await worker.call('tour', 'entries', KEY)) as unknown as readonly EntryView[];
  const checkpoints: readonly CheckpointView[] = await worker.call('tour', 'checkpoints', KEY);
  return { entries, checkpoints };
}

/** The state at the end of each message (of some, evenly spread, when there are many). */
export async function readPast(worker: Worker, actor: string, entries: readonly EntryView[]): Promise<PastValue[]> {
  const messages = journaledMessages(actor, entries).filter(({ endSeq }) => endSeq > 0);
  const stride = Math.ceil(messages.length / MOST_PAST_VALUES);
  const past: PastValue[] = [];
  for (const { id, endSeq } of messages.filter((_, i) => i % stride === 0)) {
    past.push({ id, seq: endSeq, value: await worker.call('tour', 'valueAt', KEY, endSeq) });
  }
  return past;
}
