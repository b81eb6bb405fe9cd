import { fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '../../integration/durable/gate';
import { LedgerClient } from './ledger-client';
import { LedgerService } from './ledger-service';
import type { LedgerServiceOptions } from './protocol';

describe('the ledger service', () => {
  let folder: string;
  let file: string;
  let service: LedgerService | undefined;
  let client: LedgerClient | undefined;
  beforeEach(() => (file = join((folder = mkdtempSync(join(tmpdir(), 'plexspaces-ledger-'))), 'ledger.jsonl')));
  afterEach(async () => {
    client?.close();
    await service?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  async function start(options: LedgerServiceOptions = {}): Promise<LedgerService> {
    service = await LedgerService.start(file, options);
    client = new LedgerClient(service.url);
    return service;
  }

  function call(key: string, signal = new AbortController().signal): Promise<number> {
    return client!.call('pay', { idempotencyKey: key, signal });
  }

  it('writes down every call, repeats as well, and answers each anew', async () => {
    const { url } = await start();
    const values = [await call('a/ü/1'), await call('a/ü/1'), await call('b')];
    expect(new Set(values).size).toBe(3);
    expect(url).toMatch(/^http:\/\/127/);
    expect(service!.lines()).toEqual(
      ['a/ü/1', 'a/ü/1', 'b'].map((key, i) => ({ key, name: 'pay', at: expect.any(Number), value: values[i] })),
    );
  });

  it('goes on with the same file, and answers equal keys equally where it is told to', async () => {
    await start({ answers: 'perKey' });
    const first = await call('a');
    await service!.stop();
    await start({ answers: 'perKey' });
    expect([await call('a'), (await call('b')) === first]).toEqual([first, false]);
    expect(service!.lines().map(({ key }) => key)).toEqual(['a', 'a', 'b']);
    await service!.stop();
    await start({ answers: 'perKey', seed: 2 });
    expect(await call('a')).not.toBe(first);
  });

  it('has the call in its ledger before it fails it, cuts it or lets it wait, and counts that', async () => {
    await start({ failEvery: 2, cutEvery: 3, delayEvery: 5, delayMs: 3_600_000 });
    expect(await service!.faults()).toEqual([
      { name: 'ledger.fail', fired: 0 },
      { name: 'ledger.cut', fired: 0 },
      { name: 'ledger.delay', fired: 0 },
    ]);
    await call('1');
    await expect(call('2')).rejects.toThrow('status 503');
    await expect(call('3')).rejects.toThrow(/hang up|ECONNRESET/);
    await expect(call('4')).rejects.toThrow('status 503');
    const abort = new AbortController();
    const waiting = call('5', abort.signal);
    const outcome = expect(waiting).rejects.toThrow('aborted');
    await until(() => service!.lines().length === 5);
    abort.abort();
    await outcome;
    expect(service!.lines().map(({ key, failed = false }) => [key, failed])).toEqual([
      ['1', false],
      ['2', true],
      ['3', false],
      ['4', true],
      ['5', false],
    ]);
    expect((await service!.faults()).map(({ fired }) => fired)).toEqual([2, 1, 1]);
  });

  it('outlives a node that is killed, whose answered calls it has', async () => {
    const { url } = await start();
    const answered: { key: string; value: number }[] = [];
    const node = fork(join(__dirname, 'call-until-killed.ts'), [url], { execArgv: ['-r', './test/register.cjs'] });
    const ended = new Promise((resolve) => node.once('close', (_, signal) => resolve(signal)));
    node.on('message', (message: { key: string; value: number }) => {
      answered.push(message);
      if (answered.length === 5) node.kill('SIGKILL');
    });
    expect(await ended).toBe('SIGKILL');
    const lines = service!.lines();
    expect(lines.length).toBeGreaterThanOrEqual(5);
    expect(lines.slice(0, answered.length).map(({ key, value }) => ({ key, value }))).toEqual(answered);
    await call('afterwards');
    expect(service!.lines()).toHaveLength(lines.length + 1);
  });

  it('says why it cannot start', async () => {
    await expect(LedgerService.start(join(folder, 'no/such/folder'))).rejects.toThrow(/has ended[^]*ENOENT/);
  });
});
