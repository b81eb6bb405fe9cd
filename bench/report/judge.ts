import { median } from '../harness/statistics';
import type { Figures } from '../harness/case';
import type { FigureName, Goal, Row, Section, Unit } from './sections';

/** The figures of one run, by case. A case that was not run, or failed, is not there. */
export type Run = Readonly<Record<string, Figures>>;

export type Verdict = 'pass' | 'miss' | 'no goal' | 'not measured';

/** A row with what was measured. */
export interface Judgement {
  readonly section: string;
  readonly label: string;
  readonly unit: Unit;
  readonly goal: Goal | null;
  /** Of all runs. `null`: not measured. */
  readonly measured: Spread | null;
  readonly ratio: {
    readonly to: string;
    readonly goal: Goal | null;
    readonly measured: Spread | null;
  } | null;
  readonly verdict: Verdict;
}

export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

/** Pure. A ratio is taken within each run before the median, so that it compares what ran side by side. */
export function judge(section: Section, runs: readonly Run[]): readonly Judgement[] {
  return section.rows
    .map((row) => judgeRow(section.name, row, runs))
    .filter(({ measured, ratio }) => measured !== null || (ratio?.measured ?? null) !== null);
}

function judgeRow(section: string, row: Row, runs: readonly Run[]): Judgement {
  const { label, unit, goal = null } = row;
  const measured = spread(runs.map((run) => valueOf(run, row.figure)));
  const ratio =
    row.ratio === undefined
      ? null
      : {
          to: row.ratio.to,
          goal: row.ratio.goal ?? null,
          measured: spread(runs.map((run) => quotient(run, row.figure, (row.ratio as { figure: FigureName }).figure))),
        };
  const verdict = combine([judgeGoal(goal, measured), judgeGoal(ratio?.goal ?? null, ratio?.measured ?? null)]);
  return { section, label, unit, goal, measured, ratio, verdict };
}

function judgeGoal(goal: Goal | null, measured: Spread | null): Verdict {
  if (goal === null) return 'no goal';
  if (measured === null) return 'not measured';
  return isMet(goal, measured.median) ? 'pass' : 'miss';
}

/** The worse of two: a row passes when every goal it has is measured and met. */
function combine(verdicts: readonly Verdict[]): Verdict {
  const order: readonly Verdict[] = ['miss', 'not measured', 'pass', 'no goal'];
  return order.find((verdict) => verdicts.includes(verdict)) as Verdict;
}

function isMet(goal: Goal, value: number): boolean {
  return 'atLeast' in goal ? value >= goal.atLeast : value <= goal.atMost;
}

function valueOf(run: Run, name: FigureName): number | undefined {
  const dot = name.indexOf('.');
  return run[name.slice(0, dot)]?.[name.slice(dot + 1)];
}

function quotient(run: Run, dividend: FigureName, divisor: FigureName): number | undefined {
  const [a, b] = [valueOf(run, dividend), valueOf(run, divisor)];
  return a === undefined || b === undefined ? undefined : a / b;
}

function spread(values: readonly (number | undefined)[]): Spread | null {
  const known = values.filter((value) => value !== undefined);
  if (known.length === 0) return null;
  return { median: median(known), least: Math.min(...known), most: Math.max(...known) };
}
