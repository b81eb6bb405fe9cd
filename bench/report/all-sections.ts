import type { StorageName } from '../harness/storage-name';
import { ASK } from './ask-section';
import { durableSection, growthSection, reminderSection, touchSection } from './durable-section';
import { ENCRYPTION } from './encryption-section';
import { HEAP, appendSection, memorySection, recoverySection } from './recovery-section';
import { MANY, SPAWN } from './spawn-section';
import { STORM } from './storm-section';
import type { Section } from './sections';

/** What `npm run bench` has to show. What has nothing to do with storage, and what takes minutes, is part of the SQLite run or asked for by name. */
export function sectionsOn(storage: StorageName): readonly Section[] {
  const stored = [
    durableSection,
    touchSection,
    reminderSection,
    appendSection,
    recoverySection,
    growthSection,
    memorySection,
  ].map((section) => section(storage));
  return storage === 'sqlite' ? [ASK, ...stored, ENCRYPTION, HEAP, SPAWN, STORM, MANY] : stored;
}

/** Those whose name, or one of whose cases, begins with one of the words, with these cases only; without a word all that are not `onDemand`. */
export function selectSections(sections: readonly Section[], only: readonly string[]): readonly Section[] {
  if (only.length === 0) return sections.filter(({ onDemand }) => onDemand !== true);
  const wanted = (name: string): boolean => only.some((word) => name.startsWith(word));
  return sections
    .map((section) => (wanted(section.name) ? section : { ...section, cases: section.cases.filter(wanted) }))
    .filter(({ cases }) => cases.length > 0);
}
