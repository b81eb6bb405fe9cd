/** One run of something that a facet has planned for its actor, such as the third tick of a timer. @publicApi */
export interface Occurrence {
  /** What was planned, in the facet's own words. */
  readonly name: string;
  /** Another one each time it is planned anew ({@link Planner.generation}): runs of an older plan are told from it. */
  readonly generation: string;
  /** Counts the runs of one generation. */
  readonly number: number;
}

/** An {@link Occurrence}, and the name of the facet that planned it. */
export interface PlannedOccurrence extends Occurrence {
  readonly facet: string;
}

/** Why it cannot be a part of an id that is read again, or `null`. */
export function whyNoOccurrence({ name, generation, number }: Occurrence): string | null {
  if (!isText(name)) return 'its name is no text, or has NUL or half a character';
  if (!isText(generation) || generation.includes('/')) return 'its generation is no text of one part';
  return Number.isSafeInteger(number) && number >= 0 ? null : `its number ${String(number)} is no whole one from 0 up`;
}

function isText(value: unknown): value is string {
  if (typeof value !== 'string' || value === '' || value.includes('\0')) return false;
  return (value as unknown as { isWellFormed(): boolean }).isWellFormed();
}

const ADVANCE_SUFFIX = '/advance';

/**
 * The id of its message, by which the store knows a second one: `<actor>/<facet>/<name>/<generation>/<number>`. Ids that
 * clients and turns make begin otherwise, or have more parts.
 */
export function occurrenceId(actor: string, { facet, name, generation, number }: PlannedOccurrence): string {
  return `${actor}/${facet}/${encodeURIComponent(name)}/${generation}/${number}`;
}

/** The id of the message that lets a plan go on whose run was given up. */
export function advanceIdOf(id: string): string {
  return id + ADVANCE_SUFFIX;
}

/** Is it of a message that lets a plan of `actor` go on, and does nothing else? */
export function isAdvanceId(actor: string, id: string): boolean {
  return id.endsWith(ADVANCE_SUFFIX) && readOccurrence(actor, id) !== null;
}

/** What {@link occurrenceId} or {@link advanceIdOf} made of it; `null` for every other id. */
export function readOccurrence(actor: string, id: string): PlannedOccurrence | null {
  if (!id.startsWith(actor) || id.charCodeAt(actor.length) !== 47) return null; // '/'
  const whole = id.endsWith(ADVANCE_SUFFIX) ? id.slice(0, -ADVANCE_SUFFIX.length) : id;
  const parts = whole.slice(actor.length + 1).split('/');
  const [facet, name, generation, number] = parts as [string, string, string, string];
  if (parts.length !== 4 || !/^\d+$/.test(number)) return null;
  try {
    return { facet, name: decodeURIComponent(name), generation, number: Number(number) };
  } catch {
    return null; // not made here
  }
}
