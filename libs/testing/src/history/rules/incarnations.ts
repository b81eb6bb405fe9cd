import type { Evidence } from '../evidence';

/** H4: entries are numbered without a gap, epochs rise, and each belongs to one activation. */
export function checkIncarnations(evidence: Evidence): void {
  for (const { actor, entries } of evidence.actors.values()) {
    let epoch = 0;
    let node = '';
    entries.forEach((entry, i) => {
      const expected = i === 0 ? 1 : (entries[i - 1]?.seq ?? 0) + 1;
      if (entry.seq !== expected)
        evidence.blame('H4', actor, `entry ${entry.seq} stands where ${expected} belongs: numbers are not dense`);
      if (entry.kind !== 'ActivationStarted') return;
      if (entry.epoch === epoch)
        evidence.blame(
          'H4',
          actor,
          `epoch ${epoch} was begun twice, by ${node} and in entry ${entry.seq} by ${entry.node}`,
        );
      else if (entry.epoch < epoch)
        evidence.blame(
          'H4',
          actor,
          `entry ${entry.seq} of ${entry.node} begins epoch ${entry.epoch} after epoch ${epoch}`,
        );
      ({ epoch, node } = entry);
    });
  }
}
