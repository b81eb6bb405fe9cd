import { cyan, dim, red } from '../terminal/paint';
import { table } from '../terminal/table';
import type { ImportEvidence } from './import-claims';
import type { ImportFigures } from './run-import';

const SHOWN = 5;

export function showImport(
  { totals, answered, endings }: ImportEvidence,
  { file, resent, seconds }: ImportFigures,
): string[] {
  const { malformed } = file;
  const most = [...totals].sort(([, a], [, b]) => b.quantity - a.quantity).slice(0, SHOWN);
  return [
    ...malformed.slice(0, SHOWN).map(({ number, reason }) => red(`line ${number} skipped: ${reason}`)),
    ...(malformed.length > SHOWN ? [red(`and ${malformed.length - SHOWN} more lines skipped`)] : []),
    ...(malformed.length > 0 ? [''] : []),
    ...table(
      ['item', 'pieces', 'lines', 'price questioned'],
      most.map(([code, { quantity, lines, questioned }]) => [code, quantity, lines, questioned]),
    ),
    dim(`the ${most.length} items with most pieces, of ${totals.size}`),
    '',
    cyan(`${Math.round(answered / seconds)} lines per second`) +
      dim(`, ${endings.length} restarts included; ${resent} lines were sent again`),
  ];
}
