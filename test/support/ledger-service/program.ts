// The outside world of side effects, in a process of its own: `program.ts <ledger file> <options>`.
//
// It knows no idempotency: each call is written down, with fsync, when it arrives and before anything else happens to it. So a
// call that a node made and did not live to record is in the ledger, and so is one that it should not have made.
import { fdatasyncSync, openSync, writeSync } from 'node:fs';
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SystemEnv } from 'plexspaces/spi';
import { type LedgerLine, encodeLedgerLine } from '../../../libs/testing/src/history';
import { type LedgerServiceOptions, type ServiceMessage, type ServiceRequest, answerOf } from './protocol';

const [file = '', given = '{}'] = process.argv.slice(2);
const options = JSON.parse(given) as LedgerServiceOptions;
const { answers = 'perCall', seed = 1, failEvery = 0, cutEvery = 0, delayEvery = 0, delayMs = 0 } = options;
const ledger = openSync(file, 'a');
const env = new SystemEnv();
const fired = { fail: 0, cut: 0, delay: 0 };
let calls = 0;

function isTurnOf(every: number): boolean {
  return every > 0 && calls % every === 0;
}

function handle(request: IncomingMessage, response: ServerResponse): void {
  calls++;
  const key = decodeURIComponent(String(request.headers['idempotency-key']));
  const name = decodeURIComponent(new URL(request.url ?? '/', 'http://localhost').pathname.slice(1));
  const value = answerOf(answers === 'perKey' ? `${seed}/${key}` : `${seed}/${calls}`);
  const failed = isTurnOf(failEvery);
  const line: LedgerLine = { key, name, at: env.now(), value, ...(failed ? { failed } : {}) };
  writeSync(ledger, encodeLedgerLine(line));
  fdatasyncSync(ledger);

  const answer = (): void => {
    if (failed) fired.fail++;
    response.writeHead(failed ? 503 : 200, { 'Content-Type': 'application/json' }).end(JSON.stringify(value));
  };
  if (isTurnOf(cutEvery)) {
    fired.cut++;
    request.socket.destroy();
  } else if (isTurnOf(delayEvery)) {
    fired.delay++;
    env.schedule(answer, delayMs);
  } else answer();
}

function tell(message: ServiceMessage): void {
  process.send?.(message);
}

const server = createServer((request, response) => {
  request.resume().once('end', () => handle(request, response));
});
server.listen(0, '127.0.0.1', () => tell({ kind: 'listening', port: (server.address() as AddressInfo).port }));
process.on('message', (request: ServiceRequest) => {
  if (request === 'stop') process.exit();
  tell({ kind: 'fired', fired });
});
process.once('disconnect', () => process.exit()); // it outlives nodes, not its driver
