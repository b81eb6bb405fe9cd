import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Journal, openStorage } from 'plexspaces';
import { RefusedError, TakeoverNode } from './takeover-node';

/** Where the owner is stopped: around a commit, an effect and an answer. */
export const STOP_POINTS = [
  'handler.before',
  'handler.afterReturn',
  'effect.beforeIntent',
  'effect.afterIntent',
  'effect.afterCall',
  'turn.beforeCommit',
  'turn.afterCommit',
  'reply.before',
  'mailbox.beforeDispatch',
] as const;

const TTL_MS = 1_500;
const KEYS = ['a', 'b', 'c'];
const LONGEST_MS = 60_000;
/** A call that neither node answers: they are both stopped, or lost it. */
const PATIENCE_MS = 3_000;

export interface Takeovers {
  readonly episodes: number;
  readonly calls: number;
  readonly refused: number;
  /** What was wrong, in words. */
  readonly wrong: readonly string[];
}

interface Answered {
  readonly key: string;
  readonly kind: 'add' | 'read';
  readonly value: number;
  readonly invoked: number;
  readonly ended: number;
}

/**
 * Two nodes on one store; again and again the owner is stopped in the middle of its work for longer than its lease, the other
 * one takes over, and the first goes on. Clients call all the while, and try again under the same key until they know.
 */
export async function runTakeovers(
  url: string,
  episodes: number,
  random: () => number,
  onEpisode: (done: number, point: string) => void = () => undefined,
): Promise<Takeovers> {
  const folder = mkdtempSync(join(tmpdir(), 'plexspaces-takeover-'));
  const ledger = join(folder, 'ledger');
  writeFileSync(ledger, '');
  const nodes = ['one', 'two'].map((name) => new TakeoverNode(name, { url, ledger, ttlMs: TTL_MS }));
  const run = new Run(nodes as [TakeoverNode, TakeoverNode], ledger, random);
  try {
    await Promise.all(nodes.map(({ up }) => up));
    await run.all(episodes, onEpisode);
    for (const node of nodes) await node.ask({ op: 'end' });
    await Promise.all(nodes.map(({ ended }) => ended));
    const { wrong, ...figures } = run.verdict();
    return { episodes, ...figures, wrong: [...wrong, ...(await staleCommits(url))] };
  } finally {
    for (const node of nodes) node.kill();
    rmSync(folder, { recursive: true });
  }
}

/** What a journal would show in which two activations had written at once (P10). */
async function staleCommits(url: string): Promise<string[]> {
  const store = await openStorage(url);
  const wrong: string[] = [];
  for (const actor of await store.journal.actors('', '', 100)) {
    const entries = await new Journal(store).replayFrom(actor, 1).toArray();
    const epochs = entries.flatMap((entry) => (entry.kind === 'ActivationStarted' ? [entry.epoch] : []));
    const ended = entries.flatMap((entry) => (entry.kind === 'MessageProcessed' ? [entry.messageId] : []));
    if (epochs.some((epoch, i) => i > 0 && epoch <= (epochs[i - 1] as number)))
      wrong.push(`${actor}: epochs ${epochs.join()}`);
    if (entries.some(({ seq }, i) => seq !== i + 1)) wrong.push(`${actor}: its entries are not dense`);
    if (new Set(ended).size !== ended.length) wrong.push(`${actor}: a message was processed twice`);
  }
  await store.close();
  return wrong;
}

class Run {
  private readonly answered: Answered[] = [];
  private readonly wrong: string[] = [];
  private readonly adds = new Map<string, number>();
  private tick = 0;
  private count = 0;
  private refused = 0;
  private isOver = false;
  private failure: { readonly error: unknown } | null = null;

  constructor(
    private readonly nodes: readonly [TakeoverNode, TakeoverNode],
    private readonly ledger: string,
    private readonly random: () => number,
  ) {}

  async all(episodes: number, onEpisode: (done: number, point: string) => void): Promise<void> {
    const failed = (error: unknown): void => void (this.failure ??= { error });
    const clients = [0, 1, 2, 3].map((n) => this.client(n).catch(failed));
    for (let done = 1; done <= episodes; done++) {
      const point = STOP_POINTS[Math.floor(this.random() * STOP_POINTS.length)] as string;
      while (!(await this.episode(point))); // on a busy machine a lease may be lost without being stopped
      onEpisode(done, point);
    }
    this.isOver = true;
    await Promise.all(clients);
    if (this.failure !== null) throw this.failure.error;
    for (const key of KEYS) await this.call({ op: 'read', key });
    for (const [key, total] of this.adds) {
      const last = this.answered.filter((each) => each.key === key && each.kind === 'read').at(-1);
      if (last?.value !== total) this.wrong.push(`${key} is ${last?.value}, though ${total} were acknowledged`);
    }
  }

  verdict(): Omit<Takeovers, 'episodes'> {
    for (const key of KEYS) this.checkOrder(this.answered.filter((each) => each.key === key));
    return { calls: this.answered.length, refused: this.refused, wrong: this.wrong };
  }

  /** @returns `false` when the owner lost its lease before it came to that point */
  private async episode(point: string): Promise<boolean> {
    const owner = await this.owner(this.nodes);
    const other = this.nodes.find((node) => node !== owner) as TakeoverNode;
    await owner.ask({ op: 'stopAt', point, hits: 1 + Math.floor(this.random() * 8) });
    const isReplaced = async (): Promise<boolean> => (await other.ask({ op: 'ownership' })) === 'owner';
    await this.until(`${owner.name} stops at ${point}`, async () => owner.isStopped || (await isReplaced()));
    if (!owner.isStopped) {
      void owner.ask({ op: 'stopAt', point, hits: Number.MAX_SAFE_INTEGER });
      await pause(100);
      if (!owner.isStopped) return false;
    }
    const before = this.notes(owner);
    await this.owner([other]);
    const answers = this.answered.length;
    await this.until('the successor answers', () => this.answered.length > answers + 3);
    owner.goOn();
    await this.until(`${owner.name} stands by`, async () => (await owner.ask({ op: 'ownership' })) === 'standBy');
    const late = this.notes(owner) - before;
    if (late > 0) this.wrong.push(`${owner.name} made ${late} effects after it was stopped at ${point}`);
    return true;
  }

  /** Effects that this node has made. */
  private notes(node: TakeoverNode): number {
    return readFileSync(this.ledger, 'utf8').split(`"node":"${node.name}"`).length - 1;
  }

  private async owner(among: readonly TakeoverNode[]): Promise<TakeoverNode> {
    let found: TakeoverNode | undefined;
    await this.until('a node owns the store', async () => {
      for (const node of among) if ((await node.ask({ op: 'ownership' })) === 'owner') found = node;
      return found !== undefined;
    });
    return found as TakeoverNode;
  }

  private async client(number: number): Promise<void> {
    while (!this.isOver) {
      const key = KEYS[Math.floor(this.random() * KEYS.length)] as string;
      const what = `${number}.${this.count++}`;
      if (this.random() < 0.3) await this.call({ op: 'read', key });
      else await this.call({ op: 'add', key, what, isNoted: this.random() < 0.5 });
    }
  }

  /** Until a node answers. */
  private async call(
    request: { op: 'read'; key: string } | { op: 'add'; key: string; what: string; isNoted: boolean },
  ) {
    for (let attempt = Math.floor(this.random() * 2); ; attempt++) {
      const invoked = ++this.tick;
      try {
        const answer = (this.nodes[attempt % 2] as TakeoverNode).ask(request);
        // What a stopped node says when it goes on is no answer to a call that was made again; to one that still waits it is.
        const value = await Promise.race([answer, pause(PATIENCE_MS, null, { ref: false })]);
        if (value === null) continue;
        this.answered.push({ key: request.key, kind: request.op, value: value as number, invoked, ended: ++this.tick });
        if (request.op === 'add') this.adds.set(request.key, (this.adds.get(request.key) ?? 0) + 1);
        return;
      } catch (error) {
        if (!(error instanceof RefusedError) || error.code === 'none') throw error;
        this.refused++;
        await pause(20);
      }
    }
  }

  /** Answers of one counter: each add has its own, and nobody reads what was before something that had ended when he asked. */
  private checkOrder(answers: readonly Answered[]): void {
    const adds = answers.filter(({ kind }) => kind === 'add').map(({ value }) => value);
    if (new Set(adds).size !== adds.length) this.wrong.push('two adds had one answer');
    for (const read of answers.filter(({ kind }) => kind === 'read'))
      for (const early of answers)
        if (early.ended < read.invoked && read.value < early.value)
          this.wrong.push(`a read of ${read.key} was answered ${read.value}, after ${early.value} had been`);
  }

  private async until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
    const began = Date.now();
    while (!(await isSo())) {
      if (this.failure !== null) throw this.failure.error;
      if (Date.now() - began > LONGEST_MS)
        throw new Error(`${what}: not within ${LONGEST_MS} ms. ${this.nodes.map(({ output }) => output).join('\n')}`);
      await pause(10);
    }
  }
}
