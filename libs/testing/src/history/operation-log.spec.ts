import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CorruptLogError } from '../errors';
import { encodeLedgerLine, readLedger } from './ledger-line';
import { OperationLog, readOperations } from './operation-log';
import type { Invocation } from './operation-record';

const add: Invocation = { id: 'k', client: 'c', actor: 'a', kind: 'ask', method: 'add', args: [1], readOnly: false };

describe('the logs of a run', () => {
  let folder: string;
  let file: string;
  beforeEach(() => (file = join((folder = mkdtempSync(join(tmpdir(), 'plexspaces-log-'))), 'operations.jsonl')));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function written(fill: (log: OperationLog) => void): OperationLog {
    const log = new OperationLog({ file, now: () => 7 });
    fill(log);
    log.close();
    return log;
  }

  it('come back as they were written, whatever the values', () => {
    const values = [
      undefined,
      null,
      1,
      -0.5,
      'ü\u2028',
      [undefined],
      { a: 1n },
      new Map([[1, new Date(5)]]),
      { $payload: 'x' },
    ];
    const log = written((log) => {
      for (const value of values) log.ok(log.invoke({ ...add, args: [value], principal: 'p', delayMs: 3 }), value);
      log.fail(log.invoke(add), 'refused');
      log.info(log.invoke(add), 'timed out');
      log.invoke(add);
    });
    const records = readOperations(file);
    expect(records).toEqual(log.records());
    expect(records.map(({ args }) => args[0]).slice(0, values.length)).toEqual(values);
    expect(records.slice(-3).map(({ outcome, ended }) => [outcome, ended === null])).toEqual([
      ['fail', false],
      ['info', true],
      ['info', true],
    ]);
    expect(JSON.parse(readFileSync(file, 'utf8').split('\n')[0]!)).toMatchObject({
      at: 7,
      type: 'invoke',
      method: 'add',
    });
  });

  it('tell what was first: every event has a time of its own', () => {
    const log = new OperationLog();
    const [first, second] = [log.invoke(add), log.invoke(add)];
    log.ok(second, 1);
    log.ok(first, 2);
    expect(log.records().map(({ invoked, ended }) => [invoked, ended])).toEqual([
      [1, 4],
      [2, 3],
    ]);
  });

  it('let an operation end once', () => {
    const log = new OperationLog();
    const handle = log.invoke(add);
    log.info(handle, 'timed out');
    expect(() => log.ok(handle, 1)).toThrow(RangeError);
  });

  it('are never written over', () => {
    written((log) => log.invoke(add));
    expect(() => new OperationLog({ file })).toThrow(/EEXIST/);
  });

  it('may end in the middle of a line, which is passed over', () => {
    const log = written((log) => log.ok(log.invoke(add), 1));
    appendFileSync(file, '{"type":"invoke","op":1,"id":"k');
    expect(readOperations(file)).toEqual(log.records());
    expect(readOperations(join(folder, 'none'))).toEqual([]);
  });

  it.each([
    ['a torn line in the middle', ['{"type":"invo', '{"type":"info","op":0}'], 2, 'is not JSON'],
    ['a torn line with an end', ['{"type":"inf'], 2, 'is not JSON'],
    ['an end without a beginning', ['{"type":"ok","op":5}'], 2, 'ends operation 5'],
    ['two ends', ['{"type":"info","op":0}', '{"type":"ok","op":0}'], 3, 'ends operation 0'],
    ['a missing operation', ['{"type":"invoke","op":2}'], 2, 'begins operation 2 after 0'],
    ['what is no event', ['{"type":"perhaps","op":0}'], 2, 'is no event'],
    ['nothing', ['null'], 2, 'is no event'],
  ])('are refused with %s', (_, lines, line, reason) => {
    written((log) => log.invoke(add));
    appendFileSync(file, lines.map((text) => `${text}\n`).join(''));
    const error = failure(() => readOperations(file));
    expect(error).toBeInstanceOf(CorruptLogError);
    expect(error).toMatchObject({ code: 'PS_CORRUPT_LOG', line, reason: expect.stringContaining(reason) });
  });

  it('of the outside are read the same way', () => {
    const lines = [
      { key: 'a/k/handler/0', name: 'pay', at: 1, value: { big: 1n } },
      { key: 'a/k/handler/1', name: 'pay', at: 2, value: undefined, failed: true as const },
    ];
    writeFileSync(file, `${lines.map(encodeLedgerLine).join('')}{"key":"torn`);
    expect(readLedger(file)).toEqual(lines);
    appendFileSync(file, '\n');
    expect(failure(() => readLedger(file))).toMatchObject({ code: 'PS_CORRUPT_LOG', line: 3 });
    writeFileSync(file, '{"key":1}\n');
    expect(failure(() => readLedger(file))).toMatchObject({ reason: 'is no call of an effect' });
  });
});

function failure(fn: () => unknown): unknown {
  try {
    return fn();
  } catch (error) {
    return error;
  }
}
