// The outside of the shop, in a process of its own: `outside.ts <ledger file>`.
//
// It ignores idempotency keys, answers every call anew, and writes each down before it answers: a call that was made again where its
// outcome had been recorded shows, in the ledger and in the number of the receipt.
import { appendFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SystemEnv } from 'plexspaces/spi';
import { encodeLedgerLine } from '../../../libs/testing/src/history';
import type { Receipt } from './shop';

const ledger = process.argv[2] as string;
const env = new SystemEnv();
let calls = 0;

const server = createServer((incoming, response) => {
  const { pathname, searchParams } = new URL(incoming.url ?? '', 'http://localhost');
  const amount = Number(searchParams.get('quantity')) * Number(searchParams.get('mills'));
  const value: Receipt = { receipt: ++calls, amount };
  const key = decodeURI(String(incoming.headers['idempotency-key']));
  appendFileSync(ledger, encodeLedgerLine({ key, name: pathname.slice(1), at: env.now(), value }));
  response.end(JSON.stringify(value));
});
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
process.once('disconnect', () => process.exit());
