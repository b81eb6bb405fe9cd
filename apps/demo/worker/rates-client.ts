import { Agent, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { Injectable } from '@nestjs/common';
import type { EffectContext } from 'plexspaces';
import { isPlanted } from '../planted';
import { RATES_URL } from './wire';

/** What the service is told about the effect it takes part in. */
export type CallContext = Pick<EffectContext, 'idempotencyKey' | 'signal'>;

/** Talks to the rate service. A plain Nest provider: that its calls are recorded is the actor's affair. */
@Injectable()
export class RatesClient {
  private readonly agent = new Agent({ keepAlive: true });
  private readonly base = process.env[RATES_URL] ?? '';
  private invented = 0;

  rate(context: CallContext): Promise<number> {
    return this.get('/rate', context);
  }

  receipt(context: CallContext): Promise<number> {
    return this.get('/receipt', context);
  }

  async isPrice(unit: number, context: CallContext): Promise<boolean> {
    return (await this.get(`/price?unit=${unit}`, context)) === 1;
  }

  private async get(path: string, { idempotencyKey, signal }: CallContext): Promise<number> {
    const headers = { 'Idempotency-Key': encodeURI(this.keyOf(idempotencyKey)) };
    const body = await new Promise<string>((resolve, reject) => {
      request(new URL(path, this.base), { agent: this.agent, headers, signal })
        .once('response', (response) => void text(response).then(resolve, reject))
        .once('error', reject)
        .end();
    });
    return Number(body);
  }

  /** Equal in every attempt of one effect, also after a crash: by this a careful service recognises a repeat. */
  private keyOf(given: string): string {
    return isPlanted('effect-under-new-key') ? `${given}#${process.pid}-${++this.invented}` : given;
  }
}
