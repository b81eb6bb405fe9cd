import type { MatrixRow, StoreResult } from './crash-matrix';
import type { StorePlan } from './crash-store';

/** Problems of one store that are told. */
const SHOWN = 10;

/** Points that were not struck often enough, and what went wrong, each with the command that repeats it. */
export function failuresOf(rows: readonly MatrixRow[], results: readonly StoreResult[], runs: number): string[] {
  const missed = rows
    .filter(({ hits }) => hits < runs)
    .map(({ point, hits }) => `${point} was struck ${hits} times of ${runs}`);
  const problems = results.flatMap(({ problems: found, plan }) => {
    if (found.length === 0) return [];
    const more = found.length > SHOWN ? [`… and ${found.length - SHOWN} more`] : [];
    return [[...found.slice(0, SHOWN), ...more, repeat(plan)].join('\n    ')];
  });
  return [...missed, ...problems];
}

/** One store again. When a process dies is up to the machine; what it is asked to do, and where it dies, is the same. */
export function repeat({ seed, points, hasFiles }: StorePlan): string {
  const chain = points.map(({ name }) => name).join();
  return `npm run crash-matrix -- --chain ${chain} --seed ${seed}${hasFiles ? ' --files' : ''}`;
}

export function renderTable(rows: readonly MatrixRow[]): string {
  const lines = [
    ['point', 'runs', 'hits', 'ok', 'info', 'problems'],
    ...rows.map(({ point, runs, hits, ok, info, problems }) => [point, runs, hits, ok, info, problems].map(String)),
  ];
  const widths = [30, 6, 6, 9, 9, 9];
  return lines
    .map((cells) => cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join(''))
    .join('\n');
}
