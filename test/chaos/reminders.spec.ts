import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DEADLY, judgeRuns, killReminders } from './reminders/kill-reminders';

const RUNS = 80;

describe('reminders and SIGKILL', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'plexspaces-reminders-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('[FI-RE03] each run is handled exactly once, though the node dies at every point from due to stored', () => {
    const result = killReminders(`sqlite:${join(folder, 'a.db')}`, join(folder, 'ledger'), RUNS, DEADLY.length);
    expect(judgeRuns(result, RUNS)).toEqual([]);
    expect(result.kills).toBeGreaterThanOrEqual(DEADLY.length - 2);
    expect(result.ledger.length).toBeGreaterThanOrEqual(RUNS);
  }, 600_000);

  it.each([
    ['one that is missing', (made: string[]) => made.filter((run) => run !== 'a/2'), 'the state has runs 1,3'],
    ['one that came twice', (made: string[]) => [...made, 'a/3'], 'the state has runs 1,2,3,3'],
  ])('the judge notices %s', (_, change, complaint) => {
    const whole = ['a/1', 'a/2', 'a/3'];
    const ledger = whole.map((run) => ({ run, key: `${run}/handler/0` }));
    expect(judgeRuns({ kills: 1, made: whole, ledger }, 3)).toEqual([]);
    expect(judgeRuns({ kills: 1, made: change(whole), ledger }, 3)).toContain(complaint);
  });

  it('the judge notices an effect under two keys', () => {
    const ledger = [1, 2].map((n) => ({ run: 'a/1', key: String(n) }));
    expect(judgeRuns({ kills: 1, made: ['a/1'], ledger }, 1)).toEqual(['the ledger knows a/1 by 2 keys']);
  });
});
