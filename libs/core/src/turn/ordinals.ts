/** The rank of the next act in each scope of one turn (P6). */
export class Ordinals {
  private handlerActs = 0;
  /** Of facets, by scope: most turns have none. */
  private facetActs: Map<string, number> | null = null;

  /** What the handler's next act will be. */
  get ofHandler(): number {
    return this.handlerActs;
  }

  next(scope: string): number {
    if (scope === 'handler') return this.handlerActs++;
    const counts = (this.facetActs ??= new Map<string, number>());
    const ordinal = counts.get(scope) ?? 0;
    counts.set(scope, ordinal + 1);
    return ordinal;
  }
}
