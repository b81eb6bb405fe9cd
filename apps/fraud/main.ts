import { Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { type ActorClient, getActorToken } from 'plexspaces';
import { FraudModule } from './fraud.module';
import { Wallet } from './wallet';

/** Pays twice: an everyday sum, and one that the facet refuses. In memory; nothing is left behind. */
async function main(): Promise<void> {
  const logger = new Logger('Fraud');
  const app = await NestFactory.createApplicationContext(FraudModule.on());
  const wallet = app.get<ActorClient<Wallet>>(getActorToken(Wallet)).ref('ann');

  await wallet.facets.attachByType('fraud_detection', 200, { ml_model: 'fraud-v2.onnx', threshold: '0.95' });
  for (const { name, priority } of await wallet.facets.list()) logger.log(`Facet: ${name} (priority: ${priority})`);

  for (const amount of [120, 9_800]) {
    const outcome = await wallet.ask.pay(amount).then(
      (spent) => `paid ${amount}, spent ${spent} in all`,
      (error: unknown) => `refused ${amount}: ${String(error)}`,
    );
    logger.log(outcome);
  }
  await app.close();
}

void main();
