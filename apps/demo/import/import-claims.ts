import { type Claim, claim, unless } from '../claim';
import type { OrderLine } from '../order-lines';
import type { Ending } from '../processes/child-process';
import type { LedgerLine } from '../rates/ledger';
import type { StockTotals } from '../worker/stock-item';

export interface ImportEvidence {
  readonly lines: readonly OrderLine[];
  readonly answered: number;
  readonly plannedKills: number;
  readonly endings: readonly Ending[];
  readonly totals: ReadonlyMap<string, StockTotals>;
  readonly ledger: readonly LedgerLine[];
}

/** What the file says about each item, by plain arithmetic: no actor had a part in it. */
export function expectedTotals(lines: readonly OrderLine[]): Map<string, StockTotals> {
  const totals = new Map<string, StockTotals>();
  for (const { stockCode, quantity, unitPrice } of lines) {
    const before = totals.get(stockCode) ?? { quantity: 0, lines: 0, questioned: 0 };
    totals.set(stockCode, {
      quantity: before.quantity + quantity,
      lines: before.lines + 1,
      questioned: before.questioned + (unitPrice > 0 ? 0 : 1),
    });
  }
  return totals;
}

export function judgeImport(evidence: ImportEvidence): Claim[] {
  const { lines, answered, totals, ledger, endings, plannedKills } = evidence;
  const expected = expectedTotals(lines);
  const calls = countBy(ledger.map(({ key }) => key));
  const repeated = ledger.length - calls.size;
  return [
    claim(
      'every order line was answered',
      unless(answered === lines.length, `${answered} of ${lines.length}`),
      `${answered} lines`,
    ),
    claim(
      'the totals of every item are what the file says',
      [...expected].flatMap(([code, total]) => difference(code, total, totals.get(code))),
      `${expected.size} items`,
    ),
    claim(
      'every line had its price checked, under a key of its own',
      unless(calls.size === lines.length, `${calls.size} keys for ${lines.length} lines`),
      `${calls.size} keys`,
    ),
    claim(
      'no price was checked more often than crashes can explain',
      [...calls].filter(([, count]) => count > 1 + endings.length).map(([key, count]) => `${key}: ${count} times`),
      `${repeated} of ${ledger.length} calls were repeats`,
    ),
    ...(plannedKills === 0 ? [] : [judgeKills(endings, plannedKills)]),
  ];
}

function judgeKills(endings: readonly Ending[], planned: number): Claim {
  const killed = endings.filter(({ signal }) => signal === 'SIGKILL').length;
  return claim(
    'the worker was killed by SIGKILL in between',
    unless(killed === planned && killed === endings.length, `${killed} kills of ${planned}, ${endings.length} endings`),
    `${killed} times`,
  );
}

function difference(code: string, expected: StockTotals, found: StockTotals | undefined): string[] {
  const same =
    found?.quantity === expected.quantity && found.lines === expected.lines && found.questioned === expected.questioned;
  return unless(same, `${code}: ${JSON.stringify(found)} instead of ${JSON.stringify(expected)}`);
}

function countBy(keys: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
}
