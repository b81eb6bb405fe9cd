import { Agent, request } from 'node:http';
import { text } from 'node:stream/consumers';
import type { EffectContext } from 'plexspaces';

/** The way of a node to the ledger service. */
export class LedgerClient {
  private readonly agent = new Agent({ keepAlive: true });

  constructor(private readonly url: string) {}

  /**
   * One call of an effect; made inside it, with `currentEffect()`.
   * @throws Error when the service refuses, cuts the connection or is not there, and as the effect's signal says
   */
  async call(
    name: string,
    { idempotencyKey, signal }: Pick<EffectContext, 'idempotencyKey' | 'signal'>,
  ): Promise<number> {
    const { status, body } = await new Promise<{ status: number | undefined; body: string }>((resolve, reject) => {
      request(new URL(encodeURIComponent(name), `${this.url}/`), {
        agent: this.agent,
        method: 'POST',
        headers: { 'Idempotency-Key': encodeURIComponent(idempotencyKey) },
        signal,
      })
        .once('response', (response) => {
          text(response).then((body) => resolve({ status: response.statusCode, body }), reject);
        })
        .once('error', reject)
        .end();
    });
    if (status !== 200) throw new Error(`The ledger service refused ${name} with status ${status}.`);
    return Number(body);
  }

  close(): void {
    this.agent.destroy();
  }
}
