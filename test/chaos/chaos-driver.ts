import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ChaosNode } from './chaos-node';
import type { ActorReport } from './programs/protocol';

/** One message of a client, which sends it until it has an answer. */
interface Operation {
  readonly key: string;
  readonly kind: 'ask' | 'tell';
  readonly actor: string;
  readonly method: string;
  readonly args: readonly unknown[];
  /** What it adds to the sum of all accounts. */
  readonly adds: number;
  sent: boolean;
  answer: { readonly value: unknown } | null;
}

/** How one life of the node went. */
export interface Life {
  readonly point: string;
  readonly hits: number;
  readonly signal: NodeJS.Signals | number | null;
  readonly sent: number;
  readonly answered: number;
}

const ACCOUNTS = ['a', 'b', 'c', 'd'];

/**
 * Sends keyed messages to one store through one node after the other, each of which dies at a point of its own, and
 * keeps the book against which the store is held.
 */
export class ChaosDriver {
  readonly lives: Life[] = [];
  private readonly operations: Operation[] = [];
  private recorded = new Set<string>();
  private readonly ledgerAtDeath = new Map<string, number>();

  constructor(
    private readonly folder: string,
    private readonly filesForCheckpoints: boolean,
  ) {}

  /** A life that ends at `point`, reached for the n-th time. @returns what went wrong */
  async lifeUntil(point: string, at: number): Promise<string[]> {
    const node = this.start(`${point}=kill@${at}`);
    const sentBefore = this.operations.filter(({ sent }) => sent).length;
    const before = this.answered.length;
    const hitsBefore = node.hitLines.length;
    const problems: string[] = [];
    try {
      await node.ready();
      problems.push(...(await this.checkAfterDeath(node)));
      await node.send({ kind: 'start' });
      this.addOperations();
      await this.sendAll(node);
      await node.send({ kind: 'stop' });
      const signal = await node.ended;
      const hits = node.hitLines.slice(hitsBefore).filter((line) => line.startsWith(`failpoint ${point} ${at}`)).length;
      if (signal !== 'SIGKILL') problems.push(`${point} was never reached: the node ended with ${String(signal)}`);
      const sent = this.operations.filter((each) => each.sent).length - sentBefore;
      this.lives.push({ point, hits, signal, sent, answered: this.answered.length - before });
    } finally {
      node.kill();
      await node.ended;
    }
    return problems;
  }

  /** A life without failures, in which everything has to come to its end. @returns what went wrong */
  async lastLife(): Promise<string[]> {
    const node = this.start('');
    try {
      await node.ready();
      const problems = await this.checkAfterDeath(node);
      await node.get({ kind: 'start' });
      problems.push(...(await this.checkBounds(node)));
      await this.sendAll(node);
      for (const operation of this.operations)
        if (operation.answer === null) problems.push(`${operation.key} was never answered`);
      problems.push(...(await this.checkStableAnswers(node)));
      problems.push(...(await this.checkEnd(node)));
      await node.send({ kind: 'stop' });
      const end = await node.ended;
      if (end !== 0) problems.push(`the last node ended with ${String(end)}`);
      return problems;
    } finally {
      node.kill();
      await node.ended;
    }
  }

  private start(failpoints: string): ChaosNode {
    const files = this.filesForCheckpoints ? { checkpoints: join(this.folder, 'checkpoints') } : {};
    return new ChaosNode({
      database: join(this.folder, 'journal.db'),
      ledger: join(this.folder, 'ledger'),
      hits: join(this.folder, 'hits'),
      failpoints,
      ...files,
    });
  }

  private get answered(): Operation[] {
    return this.operations.filter(({ answer }) => answer !== null);
  }

  private addOperations(): void {
    const round = this.lives.length;
    const add = (kind: 'ask' | 'tell', actor: string, method: string, args: readonly unknown[], adds: number): void => {
      const key = `${round}.${this.operations.length}.${method}`;
      this.operations.push({ key, kind, actor: `account/${actor}`, method, args, adds, sent: false, answer: null });
    };
    for (const actor of ACCOUNTS) {
      add('ask', actor, 'add', [1], 1);
      add('tell', actor, 'add', [10], 10);
      add('ask', actor, 'charge', [100], 100);
      add('ask', actor, 'chargeOften', [1_000], 1_000);
      add('tell', actor, 'charge', [100], 100);
      add('ask', actor, 'flaky', [10_000], 10_000);
      add('tell', actor, 'poison', [], 0);
      for (let i = 0; i < 3; i++) add('ask', actor, 'forward', [], 0);
    }
    add('ask', 'a', 'move', ['b', 5], 0);
    add('ask', 'c', 'move', ['d', 5], 0);
  }

  /** All that has no answer yet, in the order it was made; those of one actor at once, so that they queue up. */
  private async sendAll(node: ChaosNode): Promise<void> {
    for (let tries = 0; tries < 4; tries++) {
      const open = this.operations.filter(({ answer }) => answer === null);
      if (open.length === 0) return;
      const replies = open.map(async (operation) => {
        operation.sent = true;
        const { kind, actor, method, args, key } = operation;
        const reply = await node.send({ kind, actor, method, args, key });
        if (reply !== 'dead' && reply.error === undefined) operation.answer = { value: reply.value };
        return reply;
      });
      if ((await Promise.all(replies)).includes('dead')) return;
    }
  }

  /** Right after a death, before anything runs: what is recorded now stays, and its effects are never called again. */
  private async checkAfterDeath(node: ChaosNode): Promise<string[]> {
    const reports = await node.get<ActorReport[]>({ kind: 'inspect' });
    const problems = this.checkReports(reports);
    const now = new Set(reports.flatMap(({ recorded }) => recorded));
    for (const key of this.recorded) if (!now.has(key)) problems.push(`the record of ${key} is gone`);
    const calls = this.ledger();
    problems.push(...this.checkLedger(calls));
    for (const key of now) if (!this.ledgerAtDeath.has(key)) this.ledgerAtDeath.set(key, calls.get(key) ?? 0);
    this.recorded = now;
    return problems;
  }

  private checkReports(reports: readonly ActorReport[]): string[] {
    const problems: string[] = [];
    for (const { actor, seqs, epochs, recorded } of reports) {
      if (seqs.some((seq, i) => seq !== i + 1)) problems.push(`the journal of ${actor} is not dense`);
      if (epochs.some((epoch, i) => epoch !== i + 1)) problems.push(`epochs of ${actor} are ${epochs.join()}`);
      if (new Set(recorded).size !== recorded.length) problems.push(`${actor} recorded an effect twice`);
    }
    return problems;
  }

  private checkLedger(calls: ReadonlyMap<string, number>): string[] {
    const problems: string[] = [];
    for (const [key, count] of this.ledgerAtDeath) {
      if (count === 0 && isPay(key)) problems.push(`${key} is recorded and was never called`);
      if ((calls.get(key) ?? 0) !== count) problems.push(`${key} was called again although it was recorded`);
    }
    return problems;
  }

  /** acked ≤ final ≤ acked + unknown, before anything is sent again. An accepted tell may still be waiting. */
  private async checkBounds(node: ChaosNode): Promise<string[]> {
    const sum = await this.sumOfAccounts(node);
    const acked = total(this.answered.filter(({ kind }) => kind === 'ask'));
    const all = total(this.operations.filter(({ sent }) => sent));
    // A move between two accounts may stand half way: its part in the sum is at most 5 each.
    const moving = 5 * this.operations.filter(({ method }) => method === 'move').length;
    if (sum >= acked - moving && sum <= all + moving) return [];
    return [`the sum is ${sum}, while ${acked} are acknowledged and ${all} were sent`];
  }

  private async checkStableAnswers(node: ChaosNode): Promise<string[]> {
    const problems: string[] = [];
    for (const { kind, actor, method, args, key, answer } of this.operations) {
      if (kind !== 'ask') continue;
      const again = await node.get<unknown>({ kind, actor, method, args, key });
      if (again !== answer?.value)
        problems.push(`${key} was answered ${String(answer?.value)}, and now ${String(again)}`);
    }
    return problems;
  }

  private async checkEnd(node: ChaosNode): Promise<string[]> {
    const problems: string[] = [];
    const poisons = this.operations.filter(({ method }) => method === 'poison').length;
    let reports: ActorReport[];
    do reports = await node.get<ActorReport[]>({ kind: 'inspect' });
    while (reports.some(({ pending }) => pending.length > 0));
    problems.push(...this.checkReports(reports));

    const sum = await this.sumOfAccounts(node);
    if (sum !== total(this.operations)) problems.push(`the sum is ${sum} and should be ${total(this.operations)}`);
    const parked = reports.reduce((count, report) => count + report.parked, 0);
    if (parked !== poisons) problems.push(`${parked} messages are parked of ${poisons}`);

    const book = await node.get<Record<string, number[]>>({
      kind: 'ask',
      actor: 'book/main',
      method: 'read',
      args: [],
      key: null,
    });
    for (const account of ACCOUNTS) {
      const sent = this.operations.filter(
        ({ actor, method }) => actor === `account/${account}` && method === 'forward',
      ).length;
      const lines = book[account] ?? [];
      if (lines.length !== sent || lines.some((line, i) => line !== i))
        problems.push(`the lines of ${account} are ${lines.join()}, not 0 to ${sent - 1}`);
    }

    const calls = this.ledger();
    problems.push(...this.checkLedger(calls));
    const recorded = new Set(reports.flatMap((report) => report.recorded));
    for (const key of calls.keys()) if (!recorded.has(key)) problems.push(`${key} was called and never recorded`);
    for (const key of recorded)
      if (isPay(key) && !calls.has(key)) problems.push(`${key} is recorded and was never called`);
    return problems;
  }

  private async sumOfAccounts(node: ChaosNode): Promise<number> {
    let sum = 0;
    for (const account of ACCOUNTS) {
      sum += await node.get<number>({
        kind: 'ask',
        actor: `account/${account}`,
        method: 'current',
        args: [],
        key: null,
      });
    }
    return sum;
  }

  /** Calls per idempotency key, as the outside world saw them. */
  private ledger(): Map<string, number> {
    const calls = new Map<string, number>();
    const file = join(this.folder, 'ledger');
    if (!existsSync(file)) return calls;
    for (const key of readFileSync(file, 'utf8').split('\n').filter(Boolean)) calls.set(key, (calls.get(key) ?? 0) + 1);
    return calls;
  }
}

function total(operations: readonly Operation[]): number {
  return operations.reduce((sum, { adds }) => sum + adds, 0);
}

/** Asks are recorded as effects too, and leave no line in the ledger. */
function isPay(key: string): boolean {
  return !key.includes('.move/');
}
