import { once } from 'node:events';
import { join } from 'node:path';
import type { Env } from 'plexspaces/spi';
import type { Random } from '../../../libs/testing/src/conformance/random';
import { OperationLog } from 'plexspaces/testing';
import type { Totals } from './expected-totals';
import { keyOf } from './node';
import { NodeDiedError, NodeProcess, startProgram } from './node-process';
import type { OrderLine } from './read-orders';

/** Lines under way at once, at most. */
const WINDOW = 96;
const MOST_PER_BATCH = 40;
/** Of the lines sent, about so many were answered before: one in … */
const RESENT_ONE_IN = 9;
/** Of the lines that wait, about so many are sent a second time before they are answered: one in … */
const TWICE_ONE_IN = 25;
/** A line is drawn from so many at the head of the queue. */
const DRAWN_FROM = 60;
const EARLY_DEATH_MS = 400;
const DEATH_DELAY_MS = 15;

export interface CampaignOptions {
  readonly folder: string;
  readonly lines: readonly OrderLine[];
  readonly kills: number;
  readonly random: Random;
  readonly env: Env;
}

/** What came of it; what it is judged by lies in the log, the store and the ledger. */
export interface CampaignOutcome {
  readonly log: OperationLog;
  /** What each life but the last ended by. */
  readonly deaths: readonly (NodeJS.Signals | number | null)[];
  /** Deaths with lines under way. */
  readonly struckAtWork: number;
  readonly resent: number;
  readonly failures: readonly string[];
  readonly items: ReadonlyMap<string, Totals>;
  readonly customers: ReadonlyMap<string, Totals>;
  readonly lastExit: NodeJS.Signals | number | null;
}

/** When a life is to end: so long after its start, or some time after so many answers. */
type Death = { readonly afterMs: number } | { readonly afterAnswers: number; readonly delayMs: number } | null;

/** Sends order lines in random batches, some again though they were answered, through one node after the other, each killed at a random moment. */
export class Campaign {
  private readonly log = new OperationLog();
  private readonly queue: OrderLine[];
  private readonly answered: OrderLine[] = [];
  private readonly isAnswered = new Set<number>();
  private readonly deaths: (NodeJS.Signals | number | null)[] = [];
  private readonly failures: string[] = [];
  private struckAtWork = 0;
  private resent = 0;
  private answers = 0;

  constructor(private readonly options: CampaignOptions) {
    this.queue = [...options.lines];
  }

  get ledgerFile(): string {
    return join(this.options.folder, 'ledger.jsonl');
  }

  get database(): string {
    return join(this.options.folder, 'journal.db');
  }

  async run(): Promise<CampaignOutcome> {
    const outside = startProgram('outside', this.ledgerFile);
    const [port] = (await once(outside, 'message')) as [number];
    let standby = new NodeProcess();
    try {
      for (;;) {
        const node = standby;
        if (this.deaths.length === this.options.kills) return await this.lastLife(node, port);
        standby = new NodeProcess();
        await this.life(node, port);
      }
    } finally {
      standby.kill();
      outside.disconnect();
    }
  }

  private async life(node: NodeProcess, port: number): Promise<void> {
    const death = this.drawDeath();
    if (death !== null && 'afterMs' in death) this.killIn(node, death.afterMs);
    try {
      await node.call('open', this.database, `http://127.0.0.1:${port}`);
      await this.feed(node, death);
      if (node.unanswered > 0) this.struckAtWork += 1;
    } catch (error) {
      if (!(error instanceof NodeDiedError)) throw error;
    }
    this.deaths.push(await node.ended);
  }

  private async lastLife(node: NodeProcess, port: number): Promise<CampaignOutcome> {
    try {
      await node.call('open', this.database, `http://127.0.0.1:${port}`);
      await this.feed(node, null);
      const { lines } = this.options;
      const customerKeys = [...new Set(lines.flatMap(({ customer }) => (customer === null ? [] : [customer])))];
      const itemKeys = [...new Set(lines.map(({ stockCode }) => stockCode))];
      while ((await node.call('waiting', customerKeys)) > 0);
      const items = await node.call('itemTotals', itemKeys);
      const customers = await node.call('customerTotals', customerKeys);
      await node.call('stop').catch(ignoreDeath); // it may be gone before it has said so
      const { log, deaths, struckAtWork, resent, failures } = this;
      return {
        log,
        deaths,
        struckAtWork,
        resent,
        failures,
        items: new Map(itemKeys.map((key, i) => [key, items[i] as Totals])),
        customers: new Map(customerKeys.map((key, i) => [key, customers[i] as Totals])),
        lastExit: await node.ended,
      };
    } finally {
      node.kill();
    }
  }

  private drawDeath(): Death {
    const { random, kills } = this.options;
    if (random.below(5) === 0) return { afterMs: random.below(EARLY_DEATH_MS) };
    const livesLeft = kills - this.deaths.length + 1;
    const share = Math.max(1, Math.floor(this.queue.length / livesLeft));
    return { afterAnswers: 1 + random.below(2 * share), delayMs: random.below(DEATH_DELAY_MS) };
  }

  private killIn(node: NodeProcess, ms: number): void {
    this.options.env.schedule(() => node.kill(), ms);
  }

  /** Sends until the node is dead or, in its last life, all is answered. */
  private async feed(node: NodeProcess, death: Death): Promise<void> {
    const { random } = this.options;
    const underWay = new Set<Promise<void>>();
    this.answers = 0;
    while (!node.isDead && (death !== null || this.queue.length > 0)) {
      for (let left = 1 + random.below(MOST_PER_BATCH); left > 0; left--) {
        const line = this.draw();
        if (line === undefined) break;
        const sending: Promise<void> = this.send(node, line, death).finally(() => underWay.delete(sending));
        underWay.add(sending);
      }
      const limit = random.below(WINDOW);
      while (underWay.size > limit) await Promise.race(underWay);
    }
    await Promise.all(underWay);
  }

  /** A line that waits, or one that was answered already. */
  private draw(): OrderLine | undefined {
    const { random } = this.options;
    const isAgain = this.answered.length > 0 && (this.queue.length === 0 || random.below(RESENT_ONE_IN) === 0);
    if (isAgain) {
      this.resent += 1;
      return random.pick(this.answered);
    }
    const [line] = this.queue.splice(random.below(Math.min(DRAWN_FROM, this.queue.length)), 1);
    if (line !== undefined && random.below(TWICE_ONE_IN) === 0) this.sendAgain(line); // soon, perhaps while it runs
    return line;
  }

  private async send(node: NodeProcess, line: OrderLine, death: Death): Promise<void> {
    const { number, stockCode } = line;
    const id = keyOf(number);
    const handle = this.log.invoke({
      id,
      client: id, // lines are sent in any order, and again in any order
      actor: `default/default/stock-item/${stockCode}`,
      kind: 'ask',
      method: 'order',
      args: [line],
      readOnly: false,
    });
    try {
      this.log.ok(handle, await node.call('order', line));
      this.note(line);
      if (death !== null && 'afterAnswers' in death && ++this.answers === death.afterAnswers)
        this.killIn(node, death.delayMs);
    } catch (error) {
      const isDeath = error instanceof NodeDiedError;
      if (isDeath) this.log.info(handle, 'the node died');
      else {
        this.log.fail(handle, String(error));
        this.failures.push(`${id}: ${String(error)}`);
      }
      if (isDeath && !this.isAnswered.has(number)) this.sendAgain(line);
    }
  }

  private note(line: OrderLine): void {
    if (this.isAnswered.has(line.number)) return;
    this.isAnswered.add(line.number);
    this.answered.push(line);
  }

  private sendAgain(line: OrderLine): void {
    this.resent += 1;
    this.queue.splice(this.options.random.below(DRAWN_FROM), 0, line);
  }
}

function ignoreDeath(error: unknown): void {
  if (!(error instanceof NodeDiedError)) throw error;
}
