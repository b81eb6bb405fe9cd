import { join } from 'node:path';
import type { DemoOptions } from '../options';
import { RateService } from '../processes/rate-service';
import { Worker } from '../processes/worker';
import { SeededRandom } from '../random';
import { type Step, runSteps } from '../steps';
import { plural } from '../terminal/plural';
import type { Evidence } from './evidence';
import { type Kill, failpointOf, planKills } from './kill-plan';
import { measureRecovery } from './measure-recovery';
import { readHistory, readPast, repeatMessages, sendConflict } from './question-worker';
import { type Delivery, KEY, type Message, sendMessages } from './send-messages';

const ACTOR = `default/default/counter/${KEY}`;

/** Runs the tour in `folder` and writes down what happened. Judges nothing. */
export async function collectEvidence(options: DemoOptions, folder: string): Promise<Evidence> {
  const random = new SeededRandom(options.seed);
  const planned = options.storage === 'memory' ? [] : planKills(random);
  const messages = makeMessages(random, options.messages);
  const run = new TourRun(options, folder, planned, messages);
  try {
    await runSteps(run.steps(), options.json);
    return run.evidence as Evidence;
  } finally {
    await run.stop();
  }
}

function makeMessages(random: SeededRandom, count: number): Message[] {
  return Array.from({ length: count }, (_, index) => ({
    id: `m${index + 1}`,
    by: random.between(1, 9) * random.pick([1, 1, -1]),
  }));
}

/** The steps of one tour and what they leave for each other. */
class TourRun {
  evidence: Partial<Evidence> = {};
  private rates: RateService | undefined;
  private worker: Worker | undefined;
  /** Near the end: the process that lives on is to have it. */
  private readonly mishap: string;

  constructor(
    private readonly options: DemoOptions,
    private readonly folder: string,
    private readonly planned: readonly Kill[],
    private readonly messages: readonly Message[],
  ) {
    this.mishap = messages.at(-2)?.id ?? '';
  }

  steps(): Step[] {
    const { messages, planned } = this;
    const crashes = planned.length > 0 ? ` and ${planned.length} crashes` : '';
    return [
      { title: 'Starting the rate service', run: () => this.startRates() },
      { title: `Sending ${messages.length} messages${crashes}`, run: (progress) => this.send(progress) },
      { title: 'Sending all of them again', run: () => this.repeat() },
      { title: 'Reading the journal, running it again, looking back', run: () => this.read() },
      { title: 'Timing recovery', run: () => this.time() },
    ];
  }

  async stop(): Promise<void> {
    await this.worker?.stop();
    await this.rates?.stop();
  }

  private async startRates(): Promise<string> {
    this.rates = await RateService.start(this.folder, this.options.seed);
    return 'The rate service runs in a process of its own';
  }

  private async send(progress: (text: string) => void): Promise<string> {
    const { messages, planned, mishap } = this;
    const delivery = await sendMessages(
      messages,
      planned,
      (kill) => this.startWorker(kill),
      (sent, deaths) =>
        progress(`${sent} of ${messages.length} answered, ${plural(deaths, 'crash', 'crashes')} so far`),
    );
    const { sent, deaths }: Delivery = delivery;
    this.evidence = { actor: ACTOR, planned, sent, deaths, mishap };
    return `${sent.length} messages answered, ${plural(deaths.length, 'crash', 'crashes')} survived`;
  }

  private async repeat(): Promise<string> {
    const worker = this.running();
    const sent = this.evidence.sent ?? [];
    const callsBeforeRepeats = this.calls().length;
    const repeats = await repeatMessages(worker, sent);
    const first = sent[0];
    const conflict = first === undefined ? '' : await sendConflict(worker, first);
    const current = await worker.call('tour', 'current', KEY);
    this.evidence = { ...this.evidence, callsBeforeRepeats, repeats, conflict, current };
    return `${repeats.length} messages sent again`;
  }

  private async read(): Promise<string> {
    const worker = this.running();
    const { entries, checkpoints } = await readHistory(worker);
    const verified = await worker.call('tour', 'verify', KEY);
    const past = await readPast(worker, ACTOR, entries);
    const currentAfterTimeTravel = await worker.call('tour', 'current', KEY);
    const ledger = this.calls();
    this.evidence = {
      ...this.evidence,
      entries,
      checkpoints,
      verified,
      past,
      currentAfterTimeTravel,
      ledger,
    };
    return `${entries.length} entries read, ${past.length} past states rebuilt`;
  }

  private async time(): Promise<string> {
    const recovery = await measureRecovery(this.running());
    this.evidence = { ...this.evidence, recovery };
    return `Recovery of ${recovery.messages} messages timed in both ways`;
  }

  private async startWorker(kill: Kill | undefined): Promise<Worker> {
    this.worker = await Worker.start({
      database: this.options.storage === 'memory' ? '' : join(this.folder, 'journal.db'),
      ratesUrl: this.rates?.url ?? '',
      failpoint: failpointOf(kill),
      mishap: kill === undefined ? this.mishap : '',
    });
    return this.worker;
  }

  private running(): Worker {
    if (this.worker === undefined) throw new Error('The worker was not started.');
    return this.worker;
  }

  private calls() {
    return this.rates?.calls() ?? [];
  }
}
