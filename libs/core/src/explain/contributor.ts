import type { Activation } from '../runtime/activation';
import type { Address } from '../runtime/address';
import type { SystemPort } from '../runtime/system-port';
import type { Cause } from './explanation';

/** What is known of the actor that is asked about. */
export interface ExplainSubject {
  readonly address: Address;
  readonly system: SystemPort;
  /** `undefined`: it is not in memory here. */
  readonly activation: Activation | undefined;
}

/**
 * Knows of some causes. It only looks: it wakes nobody, changes nothing, and may be asked at any moment. One that
 * rejects, or takes too long, is reported as a cause of kind `storeFailing`.
 */
export interface ExplainContributor {
  /** Names it where it cannot answer. */
  readonly name: string;
  explain(subject: ExplainSubject): readonly Cause[] | Promise<readonly Cause[]>;
}

/** Of what there may be many of, so many are named; a count says how many there are. */
export const NAMED = 10;
