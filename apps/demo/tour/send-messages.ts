import { type Worker, WorkerDiedError } from '../processes/worker';
import { isPlanted } from '../planted';
import type { Death, Sent } from './evidence';
import type { Kill } from './kill-plan';

export const KEY = 'tour';
/** Somewhere in the middle of a message, more or less. */
const MOMENT_MS = 2;

/** A message before it is sent. */
export interface Message {
  readonly id: string;
  readonly by: number;
}

/** Starts a worker that is to die as planned, or, after the last death, one that lives. */
export type StartWorker = (kill: Kill | undefined) => Promise<Worker>;

/** What came of sending everything, and the worker that is still alive. */
export interface Delivery {
  readonly sent: readonly Sent[];
  readonly deaths: readonly Death[];
  readonly worker: Worker;
}

/**
 * Sends one message after the other. When the worker dies, a new one is started on the same database and the
 * message that got no answer is sent again under its own id: that is all a sender has to do.
 */
export async function sendMessages(
  messages: readonly Message[],
  kills: readonly Kill[],
  startWorker: StartWorker,
  onProgress: (sent: number, deaths: number) => void,
): Promise<Delivery> {
  const plan = [...kills];
  const deaths: Death[] = [];
  const sent: Sent[] = [];
  let worker = await startWorker(plan[0]);
  let sentInThisLife = 0;

  for (const message of messages) {
    for (let delivery = 1; ; delivery++) {
      const dieNow = plan[0]?.point === 'outside' && ++sentInThisLife === plan[0].at;
      const answered = await deliver(worker, message, delivery, dieNow);
      if (answered !== null) {
        sent.push({ ...message, deliveries: delivery, answer: answered.value, effects: answered.effects });
        break;
      }
      deaths.push(await bury(worker, plan.shift(), message.id));
      sentInThisLife = 0;
      worker = await startWorker(plan[0]);
    }
    onProgress(sent.length, deaths.length);
  }
  return { sent, deaths, worker };
}

async function deliver(worker: Worker, { id, by }: Message, delivery: number, dieNow: boolean) {
  const isRepeat = delivery > 1;
  const idToSend = isRepeat && isPlanted('resend-under-new-id') ? `${id}-again` : id;
  const answer = worker.call('tour', 'change', KEY, by, idToSend, isRepeat);
  if (dieNow) setTimeout(() => worker.kill(), MOMENT_MS);
  try {
    return await answer;
  } catch (error) {
    if (error instanceof WorkerDiedError) return null;
    throw error;
  }
}

async function bury(worker: Worker, kill: Kill | undefined, message: string): Promise<Death> {
  const { code, signal } = await worker.ended;
  if (kill === undefined) {
    throw new Error(`The worker ended by itself (${signal ?? `exit code ${code}`}).\n${worker.said}`);
  }
  return { kill, signal, hit: worker.lastWords, message };
}
