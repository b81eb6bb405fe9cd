/** A place between two writes where a process may die. @publicApi */
export interface Boundary {
  /**
   * `flush#7.beforeApply`, `flush#7.afterWrite1`, `flush#7.afterApply`, `checkpoint#1.beforeSave`, `checkpoint#1.afterSave` or
   * `scenario.ended`, counted from 1 within one life of the application; for deaths in a row, joined by ` > `.
   * What `only` takes.
   */
  readonly id: string;
  /** What was being written, and how far it had come. */
  readonly words: string;
}

/** How a run without a crash calls itself. */
const NO_CRASH: Boundary = Object.freeze({ id: 'none', words: 'without a crash' });

/** Everything the scenario asked for is done, and stored. */
export const ENDED: Boundary = Object.freeze({ id: 'scenario.ended', words: 'after the scenario had ended' });

const SEPARATOR = ' > ';
const PLACE =
  /^(flush#[1-9]\d*\.(beforeApply|afterWrite[1-9]\d*|afterApply)|checkpoint#[1-9]\d*\.(beforeSave|afterSave))$/;

/** Deaths in the order in which they happen, one per life. */
export function joinBoundaries(deaths: readonly Boundary[]): Boundary {
  if (deaths.length === 0) return NO_CRASH;
  return {
    id: deaths.map(({ id }) => id).join(SEPARATOR),
    words: deaths.map(({ words }) => words).join(', and then during recovery '),
  };
}

/** The ids that `only` asks for, one per life, or `null` when it is not the name of a boundary. Pure. */
export function parseBoundaryId(id: string): readonly string[] | null {
  const deaths = id.split(SEPARATOR);
  return deaths.every((death) => PLACE.test(death) || death === ENDED.id) ? deaths : null;
}
