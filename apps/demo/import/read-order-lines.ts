import { HEADING, type OrderLine } from '../order-lines';
import { splitCsvLine } from './split-csv-line';

/** A line that is no order, and why. */
export interface MalformedLine {
  readonly number: number;
  readonly reason: string;
}

export interface OrderFile {
  readonly lines: readonly OrderLine[];
  readonly malformed: readonly MalformedLine[];
}

/** The file has another heading: its lines would be misread, so none is read. */
export class WrongHeadingError extends Error {
  constructor(found: string) {
    super(`The first line must be ${HEADING}; it is ${JSON.stringify(found.slice(0, 120))}.`);
  }
}

const COLUMNS = HEADING.split(',').length;
const MOST_CODE_LENGTH = 64;

/** Reads order lines; what cannot be one is reported with its number and left out. @throws WrongHeadingError */
export function readOrderLines(content: string): OrderFile {
  const [heading = '', ...rest] = content.replace(/^\uFEFF/, '').split(/\r?\n/);
  if (heading !== HEADING) throw new WrongHeadingError(heading);
  const lines: OrderLine[] = [];
  const malformed: MalformedLine[] = [];
  for (const [index, text] of rest.entries()) {
    if (text.trim() === '') continue;
    const line = readLine(index + 2, text);
    if ('reason' in line) malformed.push(line);
    else lines.push(line);
  }
  return { lines, malformed };
}

function readLine(number: number, text: string): OrderLine | MalformedLine {
  const cells = splitCsvLine(text);
  if (cells === null) return { number, reason: 'a quoted cell is not closed, or text follows its end' };
  if (cells.length !== COLUMNS) return { number, reason: `it has ${cells.length} cells instead of ${COLUMNS}` };
  const [, stockCode = '', , quantity = '', , unitPrice = ''] = cells.map((cell) => cell.trim());
  const reason =
    refusalOfCode(stockCode) ??
    (/^-?\d{1,9}$/.test(quantity) ? null : `Quantity ${JSON.stringify(quantity)} is not a whole number`) ??
    (/^-?\d{1,9}(\.\d{1,9})?$/.test(unitPrice) ? null : `UnitPrice ${JSON.stringify(unitPrice)} is not a price`);
  if (reason !== null) return { number, reason };
  return { number, stockCode, quantity: Number(quantity), unitPrice: Number(unitPrice) };
}

function refusalOfCode(code: string): string | null {
  if (code === '') return 'StockCode is empty';
  return code.length > MOST_CODE_LENGTH ? `StockCode is longer than ${MOST_CODE_LENGTH} characters` : null;
}
