import type { Machine } from '../harness/machine';
import type { PeerRow } from './peers-table';
import { alignTable, describeRun } from './table';

const HEADINGS = ['', 'ops/s', 'p50', 'p99', 'commits/op', 'fsyncs/op', 'ours / it', 'goal', ''];
const TITLES = { add: 'without an effect', addRated: 'with one recorded effect' } as const;

/** The comparison for a person. */
export function printPeers(machine: Machine, runs: number, rows: readonly PeerRow[]): string {
  const groups = new Map<string, PeerRow[]>();
  for (const row of rows) {
    const title = `An addition ${TITLES[row.method]}, ${row.inFlight} in flight`;
    groups.set(title, [...(groups.get(title) ?? []), row]);
  }
  const tables = alignTable(
    [...groups].map(([title, members]) => ({ title, headings: HEADINGS, cells: members.map(cellsOf) })),
    [0],
  );
  const goals = rows.flatMap((row) => row.goals);
  const met = goals.filter(({ isMet }) => isMet).length;
  return [describeRun(machine, runs), ...tables, `${met} goals met, ${goals.length - met} missed`].join('\n\n');
}

function cellsOf({ label, measured, factor, goals, missing }: PeerRow): string[] {
  if (missing !== null) return [`${label}: not measured: ${missing}`];
  const { opsPerSecond, p50Ms, p99Ms, commitsPerOp, fsyncsPerOp } = measured;
  return [
    label,
    shown(opsPerSecond, (value) => Math.round(value).toLocaleString('en-US')),
    shown(p50Ms, milliseconds),
    shown(p99Ms, milliseconds),
    shown(commitsPerOp, (value) => value.toFixed(3)),
    shown(fsyncsPerOp, (value) => value.toFixed(3)),
    factor === null ? '' : `${factor.toFixed(1)}x`,
    goals.map(({ text }) => text).join(', '),
    goals.length === 0 ? '' : goals.every(({ isMet }) => isMet) ? 'pass' : 'miss',
  ];
}

function shown(value: number | null, format: (value: number) => string): string {
  return value === null ? '–' : format(value);
}

function milliseconds(value: number): string {
  return `${value.toFixed(value < 10 ? 2 : 1)} ms`;
}
