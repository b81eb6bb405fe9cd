import type { Machine } from '../harness/machine';
import type { Judgement, Spread } from './judge';
import type { Goal, Section, Unit } from './sections';

const HEADINGS = ['', 'goal', 'median', 'least … most', 'ratio to', 'goal', 'median', ''];

/** The results for a person. */
export function printTable(
  machine: Machine,
  runs: number,
  results: readonly { readonly section: Section; readonly rows: readonly Judgement[] }[],
): string {
  const tables = alignTable(
    results.map(({ section, rows }) => ({ title: section.title, headings: HEADINGS, cells: rows.map(cellsOf) })),
    [0, 4],
  );
  return [describeRun(machine, runs), ...tables, summary(results.flatMap(({ rows }) => rows))].join('\n\n');
}

/** Tables with columns of one width; those at `left` begin at the left. A row of a single cell takes what room it needs. */
export function alignTable(
  tables: readonly {
    readonly title: string;
    readonly headings: readonly string[];
    readonly cells: readonly (readonly string[])[];
  }[],
  left: readonly number[],
): readonly string[] {
  const lines = tables.flatMap(({ headings, cells }) => [headings, ...cells]).filter(({ length }) => length > 1);
  const widths = (tables[0]?.headings ?? []).map((_, i) =>
    Math.max(...lines.map((line) => (line[i] as string).length)),
  );
  const format = (row: readonly string[]): string =>
    row
      .map((cell, i) => (left.includes(i) ? cell.padEnd(widths[i] as number) : cell.padStart(widths[i] as number)))
      .join('  ')
      .trimEnd();
  return tables.map(({ title, headings, cells }) => [title, ...[headings, ...cells].map(format)].join('\n'));
}

export function describeRun(
  { cpu, cores, memoryGb, system, load, fsyncMs, versions, servers }: Machine,
  runs: number,
): string {
  const names = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return [
    `${cpu}, ${cores} cores, ${memoryGb} GB, ${system}`,
    `load before ${load.toFixed(1)}, write and fsync of 4 KB ${format(fsyncMs, 'ms')}`,
    names.join(', '),
    ...servers,
    `${runs} ${runs === 1 ? 'run' : 'runs'}, each case in a process of its own; medians`,
  ].join('\n');
}

function summary(rows: readonly Judgement[]): string {
  const count = (verdict: string): number => rows.filter((row) => row.verdict === verdict).length;
  const missing = count('not measured');
  return `${count('pass')} goals met, ${count('miss')} missed${missing > 0 ? `, ${missing} not measured` : ''}`;
}

function cellsOf({ label, unit, goal, measured, ratio, verdict }: Judgement): string[] {
  return [
    label,
    goalText(goal, unit),
    measured === null ? '–' : format(measured.median, unit),
    rangeText(measured, unit),
    ratio?.to ?? '',
    goalText(ratio?.goal ?? null, 'count'),
    ratio === null ? '' : ratio.measured === null ? '–' : format(ratio.measured.median, 'count'),
    verdict === 'no goal' ? '' : verdict,
  ];
}

function goalText(goal: Goal | null, unit: Unit): string {
  if (goal === null) return '';
  return 'atLeast' in goal ? `≥ ${format(goal.atLeast, unit)}` : `≤ ${format(goal.atMost, unit)}`;
}

function rangeText(spread: Spread | null, unit: Unit): string {
  if (spread === null || spread.least === spread.most) return '';
  return `${format(spread.least, unit)} … ${format(spread.most, unit)}`;
}

function format(value: number, unit: Unit): string {
  switch (unit) {
    case 'per second':
      return `${Math.round(value).toLocaleString('en-US')}/s`;
    case 'bytes':
      return `${Math.round(value).toLocaleString('en-US')} B`;
    case 'ms':
      return `${value.toFixed(value < 10 ? 3 : 1)} ms`;
    case 'share':
      return `${(value * 100).toFixed(2)} %`;
    case 'count':
      return value.toFixed(2);
  }
}
