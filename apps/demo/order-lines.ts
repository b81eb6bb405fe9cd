import { SeededRandom } from './random';

/** One line of an order. */
export interface OrderLine {
  /** Line of the file it stands on, from 1; the heading is line 1. */
  readonly number: number;
  readonly stockCode: string;
  /** Negative on a cancellation. */
  readonly quantity: number;
  readonly unitPrice: number;
}

export const HEADING = 'InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country';

const NAMES = ['WHITE LANTERN', 'RED "RETRO" CLOCK', 'PAPER CRAFT, LITTLE BIRDIE', 'HEART T-LIGHT HOLDER'];
const COUNTRIES = ['United Kingdom', 'France', 'Germany', 'EIRE'];

/** A file of order lines of the same shape as the real ones: cancellations, quoted commas, lines without a price or customer. */
export function makeOrderFile(seed: number, lines: number): string {
  const random = new SeededRandom(seed);
  const rows = Array.from({ length: lines }, (_, index) => makeRow(random, index));
  return [HEADING, ...rows, ''].join('\n');
}

function makeRow(random: SeededRandom, index: number): string {
  const isCancelled = random.between(1, 12) === 1;
  const invoice = `${isCancelled ? 'C' : ''}${536_365 + Math.floor(index / 4)}`;
  const stockCode = `${random.between(20_000, 20_000 + 400)}${random.pick(['', '', '', 'A', 'B'])}`;
  const quantity = random.between(1, 48) * (isCancelled ? -1 : 1);
  const date = `2010-12-${String(random.between(1, 28)).padStart(2, '0')} 08:26:00`;
  const price = random.between(1, 20) === 1 ? '0.0' : (random.between(10, 2_000) / 100).toFixed(2);
  const customer = random.between(1, 4) === 1 ? '' : `${random.between(12_000, 18_000)}.0`;
  const cells = [
    invoice,
    stockCode,
    random.pick(NAMES),
    String(quantity),
    date,
    price,
    customer,
    random.pick(COUNTRIES),
  ];
  return cells.map(quoted).join(',');
}

function quoted(cell: string): string {
  return /[",]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
