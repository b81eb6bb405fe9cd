import { Injectable } from '@nestjs/common';
import { type Facet, type FacetContext, type FacetRegistration, type FacetTurn, TerminalError } from 'plexspaces';
import { FraudModels } from './fraud-models';

/** What the facet is handed: `ml_model` was required, `threshold` has become a number. */
export interface FraudConfig {
  readonly ml_model: string;
  readonly threshold: number;
}

/** A final answer: the message is not tried again, and the actor it was meant for goes on. */
export class FraudDetectedError extends TerminalError {
  constructor(
    readonly score: number,
    readonly threshold: number,
  ) {
    super(
      `The payment scores ${score}, above ${threshold}. Have it confirmed, then send it again.`,
      { score, threshold },
      { code: 'FRAUD_DETECTED' },
    );
  }
}

/** Looks at a message before its handler does. It is not asked again when a message it let pass is resumed. */
@Injectable()
export class FraudDetectionFacet implements Facet<FraudConfig> {
  constructor(private readonly models: FraudModels) {}

  /** A model that cannot be loaded is found out here, not at the first payment. */
  async onAttach({ config }: FacetContext<FraudConfig>): Promise<void> {
    await this.models.load(config.ml_model);
  }

  async onMessage({ message, config }: FacetTurn<FraudConfig>): Promise<void> {
    const model = await this.models.load(config.ml_model);
    const score = await model.predict(message.payload);
    if (score > config.threshold) throw new FraudDetectedError(score, config.threshold);
  }
}

/** Under which name, and with which options, actors attach it. */
export const FRAUD_DETECTION = {
  description: 'Real-time fraud scoring',
  category: 'domain',
  priority: 200,
  configOptions: [
    { key: 'ml_model', type: 'string', required: true, description: 'File of the model' },
    { key: 'threshold', type: 'number', default: '0.8', description: 'Higher scores are refused' },
  ],
  facet: FraudDetectionFacet,
} satisfies FacetRegistration;
