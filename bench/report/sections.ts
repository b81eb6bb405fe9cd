import type { CaseName } from '../cases';

/** Where a figure comes from. */
export type FigureName = `${CaseName}.${string}`;

export type Goal = { readonly atLeast: number } | { readonly atMost: number };

export type Unit = 'per second' | 'ms' | 'bytes' | 'count' | 'share';

/** One line of the table. */
export interface Row {
  readonly label: string;
  readonly figure: FigureName;
  readonly unit: Unit;
  readonly goal?: Goal;
  /** The figure divided by another of the same run. */
  readonly ratio?: { readonly to: string; readonly figure: FigureName; readonly goal?: Goal };
}

/** Cases that are run in turns, so that whatever else the machine does disturbs them alike. */
export interface Section {
  readonly name: string;
  readonly title: string;
  readonly cases: readonly CaseName[];
  readonly rows: readonly Row[];
  /** Run only when it is named: it takes minutes. Default: false. */
  readonly onDemand?: boolean;
}
