import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import { type LedgerLine, type PlannedFault, readLedger } from '../../../libs/testing/src/history';
import type { FiredFaults, LedgerServiceOptions, ServiceMessage, ServiceRequest } from './protocol';

const ROOT = join(__dirname, '../../..');

/** The outside world of a run, for its driver. Nodes reach it by its `url`; their death is nothing to it. */
export class LedgerService {
  private constructor(
    private readonly child: ChildProcess,
    private readonly file: string,
    private readonly options: LedgerServiceOptions,
    readonly url: string,
  ) {}

  /** @param file one line per call; lines that are there already stay */
  static async start(file: string, options: LedgerServiceOptions = {}): Promise<LedgerService> {
    const child = fork(join(__dirname, 'program.ts'), [file, JSON.stringify(options)], {
      cwd: ROOT,
      execArgv: ['-r', './test/register.cjs'],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    const { port } = await next(child, 'listening');
    return new LedgerService(child, file, options, `http://127.0.0.1:${port}`);
  }

  /** What has arrived so far. */
  lines(): LedgerLine[] {
    return readLedger(this.file);
  }

  /** Those of its options that make trouble, and how often they did: a part of `checkHistory`'s `faults`. */
  async faults(): Promise<PlannedFault[]> {
    const { fired } = await this.ask('fired', 'fired');
    const planned = { fail: this.options.failEvery, cut: this.options.cutEvery, delay: this.options.delayEvery };
    return Object.entries(planned)
      .filter(([, every = 0]) => every > 0)
      .map(([name]) => ({ name: `ledger.${name}`, fired: fired[name as keyof FiredFaults] }));
  }

  /** Its file stays. */
  async stop(): Promise<void> {
    const ended = new Promise<void>((resolve) => this.child.once('close', () => resolve()));
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.send('stop');
    await ended;
  }

  private ask<K extends ServiceMessage['kind']>(
    request: ServiceRequest,
    kind: K,
  ): Promise<Extract<ServiceMessage, { kind: K }>> {
    const answer = next(this.child, kind);
    this.send(request);
    return answer;
  }

  private send(request: ServiceRequest): void {
    if (this.child.connected) this.child.send(request, () => undefined);
  }
}

/** The next message of a kind. Rejects with what the service said when it ends before. */
function next<K extends ServiceMessage['kind']>(
  child: ChildProcess,
  kind: K,
): Promise<Extract<ServiceMessage, { kind: K }>> {
  return new Promise((resolve, reject) => {
    let complaints = '';
    const onText = (text: Buffer): void => void (complaints += text.toString());
    const onMessage = (message: ServiceMessage): void => {
      if (message.kind === kind) settle(() => resolve(message as Extract<ServiceMessage, { kind: K }>));
    };
    const onClose = (): void => settle(() => reject(new Error(`The ledger service has ended.\n${complaints}`)));
    const settle = (outcome: () => void): void => {
      child.stderr?.off('data', onText);
      child.off('message', onMessage).off('close', onClose);
      outcome();
    };
    child.stderr?.on('data', onText);
    child.on('message', onMessage).once('close', onClose);
    if (child.exitCode !== null || child.signalCode !== null) onClose();
  });
}
