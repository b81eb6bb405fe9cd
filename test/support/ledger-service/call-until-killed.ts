// A node that calls the ledger service at `process.argv[2]`, tells of each answer, and goes on until it is killed.
import { LedgerClient } from './ledger-client';

const client = new LedgerClient(process.argv[2] as string);

async function main(): Promise<void> {
  for (let i = 0; ; i++) {
    const key = `default/default/account/a/k${i}/handler/0`;
    const value = await client.call('pay', { idempotencyKey: key, signal: new AbortController().signal });
    process.send?.({ key, value });
  }
}

void main();
