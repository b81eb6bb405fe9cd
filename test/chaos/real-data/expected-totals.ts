/** What an item sold, or a customer bought, all in all. Money is in thousandths. */
export interface Totals {
  readonly lines: number;
  readonly quantity: number;
  readonly amount: number;
}

export interface ExpectedTotals {
  readonly items: ReadonlyMap<string, Totals>;
  readonly customers: ReadonlyMap<string, Totals>;
  readonly lines: number;
  /** Lines on which goods came back. */
  readonly returned: number;
  /** Lines that name no customer. */
  readonly anonymous: number;
}

/**
 * Adds a well-formed file up once more, in its own way and without anything that the run uses: rows are taken apart from both ends,
 * since only the description may hold commas, and money is counted in BigInt.
 */
export function expectedTotals(text: string): ExpectedTotals {
  const items = new Map<string, Totals>();
  const customers = new Map<string, Totals>();
  let [lines, returned, anonymous] = [0, 0, 0];
  for (const row of text.trim().split('\n').slice(1)) {
    const cells = row.trim().split(',');
    const [stockCode, [quantity, , price, customer]] = [
      cells[1] as string,
      cells.slice(-5, -1) as [string, string, string, string],
    ];
    const pieces = BigInt(quantity);
    const amount = pieces * inMills(price);
    lines += 1;
    if (pieces < 0n) returned += 1;
    add(items, stockCode, pieces, amount);
    if (Number(customer) === 0) anonymous += 1;
    else add(customers, customer, pieces, amount);
  }
  return { items, customers, lines, returned, anonymous };
}

function inMills(price: string): bigint {
  const [whole = '', fraction = ''] = price.split('.');
  return BigInt(whole) * 1000n + BigInt(fraction.padEnd(3, '0'));
}

function add(totals: Map<string, Totals>, key: string, quantity: bigint, amount: bigint): void {
  const before = totals.get(key) ?? { lines: 0, quantity: 0, amount: 0 };
  totals.set(key, {
    lines: before.lines + 1,
    quantity: Number(BigInt(before.quantity) + quantity),
    amount: Number(BigInt(before.amount) + amount),
  });
}
