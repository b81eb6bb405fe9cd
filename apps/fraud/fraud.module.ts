import { type DynamicModule, Module, type OnModuleInit } from '@nestjs/common';
import { FacetRegistry, PlexSpacesModule, type PlexSpacesExtras, type PlexSpacesOptions } from 'plexspaces';
import { FRAUD_DETECTION, FraudDetectionFacet } from './fraud-detection.facet';
import { FraudModels } from './fraud-models';
import { Wallet } from './wallet';

/** Wallets, and a facet that any actor of the application can have by the name `fraud_detection`. */
@Module({ providers: [FraudModels, FraudDetectionFacet] })
export class FraudModule implements OnModuleInit {
  constructor(private readonly facets: FacetRegistry) {}

  static on(options: PlexSpacesOptions & PlexSpacesExtras = {}): DynamicModule {
    return {
      module: FraudModule,
      imports: [PlexSpacesModule.forRoot(options), PlexSpacesModule.forFeature([Wallet])],
    };
  }

  onModuleInit(): void {
    this.facets.register('fraud_detection', FRAUD_DETECTION);
  }
}
