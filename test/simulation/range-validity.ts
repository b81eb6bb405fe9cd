import { type FaultName, DEFAULT_FAULTS } from 'plexspaces/testing';
import type { RangeTotals } from './run-range';

/** In so many seeds every fault strikes. */
export const ENOUGH_SEEDS = 1_000;
const LEAST_OK_SHARE = 0.8;

/** Faults with several names, or another one, in the figures of a run. Latency is none that strikes. */
const NAMES: Partial<Record<FaultName, RegExp | null>> = {
  storeLatencyMs: null,
  storeFailsUnapplied: /^flush\.failsUnapplied$/,
  storeFailsApplied: /^flush\.failsApplied$/,
  storeNeverAnswers: /^flush\.neverAnswers$/,
  outOfSpace: /^flush\.outOfSpace$/,
  readFails: /^(head|read)\.fails$/,
  checkpointRots: /^checkpoint\.rots$/,
  leaseSlow: /^claim\.slow$/,
};
/** What a power failure takes, and what a seed sets. */
const MORE = [
  'power.lostWrites',
  'power.tornCheckpoint',
  'knob.checkpointEvery',
  'knob.compression',
  'knob.idleTimeoutMs',
  'knob.maxMessages',
  'knob.lease',
  'knob.overlap',
  'leaseOutlasted',
];

/** Why a range without failures proves nothing: too little was done, or something that was to go wrong never did. Pure. */
export function whyInvalid({ runs, requests, faults }: Pick<RangeTotals, 'runs' | 'requests' | 'faults'>): string[] {
  if (runs < ENOUGH_SEEDS) return [];
  const struck = Object.keys(faults).filter((name) => (faults[name] as number) > 0);
  const planned = (Object.keys(DEFAULT_FAULTS) as FaultName[]).flatMap((name): [string, RegExp][] => {
    const pattern = NAMES[name] === undefined ? new RegExp(`^${name}$`) : NAMES[name];
    return pattern === null ? [] : [[name, pattern]];
  });
  const missing = [
    ...planned.filter(([, pattern]) => !struck.some((name) => pattern.test(name))).map(([name]) => name),
  ];
  for (const name of MORE) if (!struck.includes(name)) missing.push(name);
  const found = missing.map((name) => `${name} never struck in ${runs} seeds`);
  if (requests.all === 0 || requests.ok < LEAST_OK_SHARE * requests.all)
    found.push(`${requests.ok} of ${requests.all} requests were ok, ${LEAST_OK_SHARE * 100} % are asked for`);
  return found;
}
