import { splitCsvLine } from '../../../apps/demo/import/split-csv-line';

/** One line of an order, as it is sent. Money is in thousandths, so that sums are exact. */
export interface OrderLine {
  /** Line of the file, from 1; the heading is line 1. */
  readonly number: number;
  readonly stockCode: string;
  /** Negative when goods came back. */
  readonly quantity: number;
  readonly priceMills: number;
  /** `null` where the file names nobody. */
  readonly customer: string | null;
}

export interface Orders {
  readonly lines: readonly OrderLine[];
  /** Numbers of the lines that are no order. */
  readonly malformed: readonly number[];
}

const COLUMNS = 8;
/** How the file writes that it does not know the customer. */
const NOBODY = new Set(['', '0', '0.0']);

/** Reads what can be read; a line that is no order is left out and counted. */
export function readOrders(text: string): Orders {
  const lines: OrderLine[] = [];
  const malformed: number[] = [];
  for (const [index, row] of text.split(/\r?\n/).entries()) {
    if (index === 0 || row.trim() === '') continue;
    const line = readLine(index + 1, splitCsvLine(row) ?? []);
    if (line === null) malformed.push(index + 1);
    else lines.push(line);
  }
  return { lines, malformed };
}

function readLine(number: number, cells: readonly string[]): OrderLine | null {
  const [, stockCode = '', , quantity = '', , price = '', customer = ''] = cells;
  const [, whole = '', fraction = ''] = /^(-?\d{1,9})(?:\.(\d{1,3}))?$/.exec(price) ?? [];
  if (cells.length !== COLUMNS || stockCode === '' || !/^-?\d{1,9}$/.test(quantity) || whole === '') return null;
  return {
    number,
    stockCode,
    quantity: Number(quantity),
    priceMills: Number(`${whole}${fraction.padEnd(3, '0')}`),
    customer: NOBODY.has(customer) ? null : customer,
  };
}
