import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Test, type TestingModule } from '@nestjs/testing';
import { type ActorClient, Facet, FacetRegistry, type FacetRegistration, getActorToken } from 'plexspaces';
import { FRAUD_DETECTION, FraudDetectedError, FraudDetectionFacet } from '../../apps/fraud/fraud-detection.facet';
import { FraudModels } from '../../apps/fraud/fraud-models';
import { FraudModule } from '../../apps/fraud/fraud.module';
import { Wallet } from '../../apps/fraud/wallet';

// Examples of the reference documents: a custom facet (EX26), registered and attached by name (EX27).

describe('fraud detection', () => {
  let module: TestingModule;
  let wallets: ActorClient<Wallet>;

  beforeEach(async () => {
    module = await Test.createTestingModule({ imports: [FraudModule.on()] }).compile();
    module.useLogger(false);
    await module.init();
    wallets = module.get(getActorToken(Wallet));
  });
  afterEach(() => module.close());

  it('[EX27] is registered with its descriptor, and attached by type at 200', async () => {
    const { facet: _facet, ...descriptor }: FacetRegistration = FRAUD_DETECTION;
    expect(module.get(FacetRegistry).get('fraud_detection')).toEqual({
      ...descriptor,
      name: 'fraud_detection',
      onReplay: 'skip',
    });
    const wallet = wallets.ref('ann');
    await wallet.facets.attachByType('fraud_detection', 200, {
      ml_model: 'fraud-v2.onnx',
      threshold: '0.95',
    });
    expect((await wallet.facets.list())[0]).toEqual({
      name: 'fraud_detection',
      priority: 200,
      category: 'domain',
      config: { ml_model: 'fraud-v2.onnx', threshold: 0.95 },
    });
  });

  it.each([
    ['below', 9_499, true],
    ['at', 9_500, true],
    ['above', 9_501, false],
  ])('[EX26] [FC28] judges a payment with the injected model: a score %s the threshold', async (_, amount, passes) => {
    const wallet = wallets.ref('ann');
    await wallet.facets.attachByType('fraud_detection', 200, {
      ml_model: 'fraud-v2.onnx',
      threshold: '0.95',
    });
    if (passes) {
      expect(await wallet.ask.pay(amount)).toBe(amount);
      return;
    }
    await expect(wallet.ask.pay(amount)).rejects.toMatchObject({
      code: 'FRAUD_DETECTED',
      details: { score: amount / 10_000, threshold: 0.95 },
    });
    expect(await wallet.ask.pay(1)).toBe(1);
  });

  it('[EX26] falls back to the default threshold, and refuses a model that cannot be loaded when it is attached', async () => {
    const wallet = wallets.ref('ann');
    const attach = (config: Record<string, unknown>) => wallet.facets.attachByType('fraud_detection', 200, config);
    await expect(attach({})).rejects.toThrow(/ml_model .* is required/);
    await expect(attach({ ml_model: 'fraud-v9.onnx' })).rejects.toThrow(/no model fraud-v9.onnx/);
    await attach({ ml_model: 'fraud-v2.onnx' });
    await expect(wallet.ask.pay(8_001)).rejects.toThrow(FraudDetectedError);
    expect(await wallet.ask.pay(8_000)).toBe(8_000);
  });

  it('[EX26] also runs where its class is decorated instead of registered', async () => {
    @Facet({ name: 'fraud_by_class', ...withoutFacet(FRAUD_DETECTION) })
    class Decorated extends FraudDetectionFacet {}
    const app = await Test.createTestingModule({
      imports: [FraudModule.on()],
      providers: [Decorated, FraudModels],
    }).compile();
    app.useLogger(false);
    await app.init();
    const wallet = app.get<ActorClient<Wallet>>(getActorToken(Wallet)).ref('ann');
    await wallet.facets.attach('fraud_by_class', { config: { ml_model: 'fraud-v1.onnx' } });
    await expect(wallet.ask.pay(801)).rejects.toMatchObject({ code: 'FRAUD_DETECTED' });
    expect(await wallet.ask.pay(800)).toBe(800);
    await app.close();
  });

  it('[EX26] [EX27] runs as a program', async () => {
    const root = join(__dirname, '../..');
    const run = promisify(execFile);
    const { stdout } = await run(process.execPath, ['-r', './test/register.cjs', 'apps/fraud/main.ts'], {
      cwd: root,
      env: { ...process.env, NO_COLOR: '1' },
    });
    expect(stdout).toMatch(/Facet: fraud_detection \(priority: 200\)/);
    expect(stdout).toMatch(/paid 120, spent 120 in all/);
    expect(stdout).toMatch(/refused 9800: FraudDetectedError: The payment scores 0.98, above 0.95/);
  });
});

function withoutFacet({ configOptions, facet: _facet, ...rest }: FacetRegistration) {
  return { ...rest, config: configOptions };
}
