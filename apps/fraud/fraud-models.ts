import { Injectable } from '@nestjs/common';

/** How likely a payment is fraud, from 0 to 1. */
export interface FraudModel {
  predict(payload: readonly unknown[]): Promise<number>;
}

/** Stands in for a model server: a real one would run the file in an ONNX runtime. */
@Injectable()
export class FraudModels {
  private readonly files: ReadonlyMap<string, FraudModel> = new Map([
    ['fraud-v1.onnx', { predict: async ([amount]) => shareOf(amount, 1_000) }],
    ['fraud-v2.onnx', { predict: async ([amount]) => shareOf(amount, 10_000) }],
  ]);

  async load(file: string): Promise<FraudModel> {
    const model = this.files.get(file);
    if (model) return model;
    throw new Error(`There is no model ${file}. Models: ${[...this.files.keys()].join(', ')}.`);
  }
}

function shareOf(amount: unknown, suspicious: number): number {
  return typeof amount === 'number' ? Math.min(amount / suspicious, 1) : 1;
}
