import type { Address } from '../runtime/address';
import type { ActorState } from '../runtime/lifecycle-events';
import type { SystemPort } from '../runtime/system-port';
import { within } from '../ownership/within';
import type { ExplainContributor, ExplainSubject } from './contributor';
import { type Cause, Explanation } from './explanation';
import { explainAlarms } from './explain-alarms';
import { explainLine } from './explain-line';
import { explainNode } from './explain-node';
import { explainPresence } from './explain-presence';
import { explainStored } from './explain-stored';
import { explainSupervision } from './explain-supervision';
import { explainTurn } from './explain-turn';

/** A store that is gone may not answer at all. */
const PATIENCE_MS = 2_000;

/** Answers why an actor is not moving. It owns the list of those who know causes, asked in this order. */
export class Explainer {
  private readonly contributors: ExplainContributor[] = [
    explainNode,
    explainPresence,
    explainSupervision,
    explainTurn,
    explainLine,
    explainAlarms,
    explainStored,
  ];

  constructor(private readonly system: SystemPort) {}

  /** Whoever keeps actors waiting for a reason of its own adds it here. */
  add(contributor: ExplainContributor): void {
    this.contributors.push(contributor);
  }

  /** Never rejects: what cannot be found out is among the causes. */
  async explain(address: Address): Promise<Explanation> {
    const { system } = this;
    const subject: ExplainSubject = { address, system, activation: system.activationOf(address) };
    const [state, ...causes] = await Promise.all([
      this.stateOf(address),
      ...this.contributors.map((contributor) => this.ask(contributor, subject)),
    ]);
    return new Explanation(address.encoded, system.nodeId, state, system.env.now(), mergeFailures(causes.flat()));
  }

  private async stateOf(address: Address): Promise<ActorState | null> {
    try {
      return (await this.inTime(this.system.info(address))).state;
    } catch {
      return null; // those who look into the store say why
    }
  }

  private async ask(contributor: ExplainContributor, subject: ExplainSubject): Promise<readonly Cause[]> {
    try {
      return await this.inTime(Promise.resolve(contributor.explain(subject)));
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      return [
        {
          kind: 'storeFailing',
          says: `What concerns ${contributor.name} cannot be found out: ${reason}`,
          remedy: 'Look after the store. What was accepted is in it, and resumes by itself.',
          facts: { store: this.system.storage.journal.name, reason },
        },
      ];
    }
  }

  private inTime<T>(outcome: Promise<T>): Promise<T> {
    return within(this.system.env, PATIENCE_MS, outcome, () => new Error(`no answer within ${PATIENCE_MS} ms`));
  }
}

/** Several that could not read the same store are one cause. */
function mergeFailures(causes: readonly Cause[]): readonly Cause[] {
  const first = causes.findIndex(({ kind }) => kind === 'storeFailing');
  return causes.filter(({ kind }, i) => kind !== 'storeFailing' || i === first);
}
