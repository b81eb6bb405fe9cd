import { ASK } from './ask-section';
import { DURABLE, GROWTH, TOUCH } from './durable-section';
import { APPEND, HEAP, RECOVERY } from './recovery-section';
import type { Section } from './sections';

export const SECTIONS: readonly Section[] = [ASK, DURABLE, TOUCH, APPEND, RECOVERY, GROWTH, HEAP];

/** Those whose name, or one of whose cases, begins with one of the words, with these cases only; all without a word. */
export function selectSections(only: readonly string[]): readonly Section[] {
  if (only.length === 0) return SECTIONS;
  const wanted = (name: string): boolean => only.some((word) => name.startsWith(word));
  return SECTIONS.map((section) =>
    wanted(section.name) ? section : { ...section, cases: section.cases.filter(wanted) },
  ).filter(({ cases }) => cases.length > 0);
}
