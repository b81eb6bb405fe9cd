/** Something the product promises, and whether it held here. */
export interface Claim {
  readonly sentence: string;
  readonly holds: boolean;
  /** What was counted; for one that does not hold, what was found instead. */
  readonly detail: string;
}

/** `wrong` lists what contradicts the claim: it holds when there is nothing. */
export function claim(sentence: string, wrong: readonly string[], detail = ''): Claim {
  const holds = wrong.length === 0;
  return { sentence, holds, detail: holds ? detail : summarise(wrong) };
}

/** Evidence against one claim as a sentence of bounded length. */
function summarise(wrong: readonly string[]): string {
  const shown = wrong.slice(0, 3).join('; ');
  return wrong.length > 3 ? `${shown}; and ${wrong.length - 3} more` : shown;
}

/** The claim's counter-evidence when `condition` does not hold. */
export function unless(condition: boolean, found: string): string[] {
  return condition ? [] : [found];
}
