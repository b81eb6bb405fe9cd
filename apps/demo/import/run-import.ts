import { readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import type { DemoOptions } from '../options';
import { RateService } from '../processes/rate-service';
import { Worker } from '../processes/worker';
import type { OrderLine } from '../order-lines';
import { type Progress, runSteps } from '../steps';
import { plural } from '../terminal/plural';
import type { Outcome } from '../tour/tour';
import { type ImportEvidence, judgeImport } from './import-claims';
import { type OrderFile, readOrderLines } from './read-order-lines';
import { type LineDelivery, LineSender, type LineSenderOptions, planLineKills } from './send-lines';
import { showImport } from './show-import';

/** What an import leaves besides the evidence it is judged by. */
export interface ImportFigures {
  readonly file: OrderFile;
  readonly resent: number;
  readonly seconds: number;
}

/** Books a file of order lines: one actor per item, one message per line, crashes in between. */
export async function runImport(options: DemoOptions, path: string, folder: string): Promise<Outcome> {
  const file = readFile(resolve(process.env['INIT_CWD'] ?? '', path)); // npm runs scripts elsewhere than it was called
  const { evidence, figures } = await bookLines(options, folder, file, basename(path));
  const { malformed } = file;
  return {
    sections: [
      {
        title: 'Order lines',
        about: 'One durable actor per item, one idempotent message per line, each price checked outside, once.',
        show: showImport(evidence, figures),
        claims: judgeImport(evidence),
      },
    ],
    facts: {
      input: path,
      lines: evidence.lines.length,
      malformed,
      items: evidence.totals.size,
      kills: evidence.endings.length,
      resent: figures.resent,
      linesPerSecond: Math.round(evidence.answered / figures.seconds),
    },
  };
}

function readFile(path: string): OrderFile {
  const file = readOrderLines(readFileSync(path, 'utf8'));
  if (file.lines.length === 0) throw new Error(`${path} has no order line that can be read.`);
  return file;
}

async function bookLines(options: DemoOptions, folder: string, file: OrderFile, name: string) {
  const database = options.storage === 'memory' ? '' : join(folder, 'journal.db');
  const rates = await RateService.start(folder, options.seed);
  const killAfter = database === '' ? [] : planLineKills(file.lines.length);
  let worker: Worker | undefined;
  const startWorker = async () => (worker = await Worker.start({ database, ratesUrl: rates.url }));
  const idOf = ({ number }: OrderLine): string => `${name}:${number}`;
  try {
    const { delivery, seconds } = await deliver(file.lines, { idOf, killAfter, startWorker }, options.json);
    const evidence = await gather(file, delivery, rates, killAfter.length);
    return { evidence, figures: { file, resent: delivery.resent, seconds } };
  } finally {
    await worker?.stop();
    await rates.stop();
  }
}

interface Delivered {
  readonly delivery: LineDelivery;
  readonly seconds: number;
}

async function deliver(
  lines: readonly OrderLine[],
  options: Omit<LineSenderOptions, 'onProgress'>,
  silent: boolean,
): Promise<Delivered> {
  const delivered: Delivered[] = [];
  const run = async (progress: Progress): Promise<string> => {
    const start = performance.now();
    const secondsSoFar = (): number => (performance.now() - start) / 1000;
    const onProgress = (answered: number, crashes: number): void =>
      progress(progressLine(answered, lines.length, secondsSoFar(), crashes));
    const delivery = await new LineSender(lines, { ...options, onProgress }).run();
    delivered.push({ delivery, seconds: secondsSoFar() });
    return `${delivery.answered} lines booked, ${plural(delivery.endings.length, 'crash', 'crashes')} survived`;
  };
  await runSteps([{ title: `Booking ${lines.length} lines`, run }], silent);
  return delivered[0] as Delivered;
}

async function gather(
  file: OrderFile,
  delivery: LineDelivery,
  rates: RateService,
  plannedKills: number,
): Promise<ImportEvidence> {
  const codes = [...new Set(file.lines.map(({ stockCode }) => stockCode))];
  const totals = await delivery.worker.call('stock', 'totals', codes);
  return {
    lines: file.lines,
    answered: delivery.answered,
    plannedKills,
    endings: delivery.endings,
    totals: new Map(codes.map((code, index) => [code, totals[index] as (typeof totals)[number]])),
    ledger: rates.calls(),
  };
}

function progressLine(answered: number, lines: number, seconds: number, crashes: number): string {
  const share = Math.round((answered / lines) * 20);
  const bar = '█'.repeat(share).padEnd(20, '░');
  return `${bar} ${answered} of ${lines} lines, ${Math.round(answered / seconds)} per second, ${plural(crashes, 'crash', 'crashes')} so far`;
}
