import type { Claim } from './claim';
import { bold, dim, green, red } from './terminal/paint';

/** One part of what the demo shows: something to look at, and the claims judged by it. */
export interface Section {
  readonly title: string;
  readonly about: string;
  /** Lines for a reader at a terminal. */
  readonly show: readonly string[];
  readonly claims: readonly Claim[];
}

export function failedClaims(sections: readonly Section[]): Claim[] {
  return sections.flatMap(({ claims }) => claims).filter(({ holds }) => !holds);
}

export function printSection({ title, about, show, claims }: Section): void {
  const lines = [
    '',
    bold(title),
    dim(about),
    ...(show.length > 0 ? ['', ...show, ''] : ['']),
    ...claims.map(claimLine),
  ];
  console.log(lines.join('\n'));
}

/** The last line: what a hurried reader looks for. */
export function printVerdict(sections: readonly Section[], seconds: number): void {
  const claims = sections.flatMap((section) => section.claims);
  const failed = failedClaims(sections);
  const spent = dim(`(${seconds.toFixed(1)} s)`);
  console.log(
    failed.length === 0
      ? `\n${green(`✔ All ${claims.length} claims held.`)} ${spent}`
      : `\n${red(`✖ ${failed.length} of ${claims.length} claims did not hold.`)} ${spent}`,
  );
}

function claimLine({ holds, sentence, detail }: Claim): string {
  const mark = holds ? green('✔') : red('✖');
  if (detail === '') return `${mark} ${sentence}`;
  return `${mark} ${sentence} ${holds ? dim(`— ${detail}`) : red(`— ${detail}`)}`;
}
