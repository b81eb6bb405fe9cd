import { join } from 'node:path';
import { Ledger, type LedgerLine } from '../rates/ledger';
import { Child } from './child-process';

const PROGRAM = require.resolve('../rates/main');

/** The rate service as the tour sees it: an address, and a ledger to compare the journal with. */
export class RateService {
  private constructor(
    private readonly child: Child,
    readonly url: string,
    private readonly ledger: Ledger,
  ) {}

  static async start(folder: string, seed: number): Promise<RateService> {
    const file = join(folder, 'ledger.jsonl');
    const child = new Child('rate service', PROGRAM, { args: [file, String(seed)] });
    const { port } = await child.firstMessage<{ readonly port: number }>();
    return new RateService(child, `http://127.0.0.1:${port}`, new Ledger(file));
  }

  calls(): LedgerLine[] {
    return this.ledger.read();
  }

  async stop(): Promise<void> {
    await this.child.close();
  }
}
