// The outside world of the demo, in a process of its own: `node main.js <ledger file> <seed>`.
//
// It is the worst kind of service there is: it ignores idempotency keys and answers every call anew. So a call
// made twice where one was recorded shows in the numbers, not only in the ledger.
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isPlanted } from '../planted';
import { SeededRandom } from '../random';
import { Ledger } from './ledger';

const [file = '', seed = '1'] = process.argv.slice(2);
const ledger = new Ledger(file);
const random = new SeededRandom(Number(seed));
const forgottenCall = isPlanted('ledger-loses-a-line') ? 5 : 0;
let calls = 0;

/** `/rate`: a whole number from 1 to 9. `/receipt`: the receipt's number. `/price?unit=2.55`: 1 when that can be a price. */
function answer(url: URL): number {
  if (url.pathname === '/rate') return random.between(1, 9);
  if (url.pathname === '/price') return Number(url.searchParams.get('unit')) > 0 ? 1 : 0;
  return calls;
}

function handle(request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url ?? '/', 'http://localhost');
  const line = {
    call: ++calls,
    path: url.pathname,
    key: decodeURI(String(request.headers['idempotency-key'])),
    answer: answer(url),
  };
  if (line.call !== forgottenCall) ledger.write(line);
  response.setHeader('Content-Type', 'application/json').end(JSON.stringify(line.answer));
}

const server = createServer((request, response) => {
  request.resume().once('end', () => handle(request, response));
});
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }));
process.once('message', () => process.exit());
process.once('disconnect', () => process.exit());
