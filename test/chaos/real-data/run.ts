import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { SystemEnv } from 'plexspaces/spi';
import { SqliteStorage } from '#storage/sqlite';
import { makeOrderFile } from '../../../apps/demo/order-lines';
import { Random } from '../../../libs/testing/src/conformance/random';
import { checkHistory, readActors, readLedger } from 'plexspaces/testing';
import { Campaign } from './campaign';
import { type ExpectedTotals, expectedTotals } from './expected-totals';
import { type Evidence, judge, recordedEffects } from './judge';
import { readOrders } from './read-orders';
import { models } from './shop';

/** The sample of real order lines, where this machine has it: beside the project. */
export const REAL_FILE = join(__dirname, '../../../../shared/data/online-retail-sample.csv');
/** As many as the real file has. */
const MADE_LINES = 4_792;
/** No orders, planted into the middle of the file: each has to be counted and left out. */
const MALFORMED = [
  '536365,85123A,"A QUOTE THAT IS NOT CLOSED,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom',
  '536365,85123A,HALF A PIECE,0.5,2010-12-01 08:26:00,2.55,17850.0,United Kingdom',
  '536365,85123A,NO PRICE,6,2010-12-01 08:26:00,,17850.0,United Kingdom',
  '536365,,NO ITEM,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom',
  '536365,85123A',
];

export interface RunOptions {
  readonly kills: number;
  readonly seed: number;
  /** Only the first so many lines. Default: all. */
  readonly lines?: number;
  /** Where order lines are read from; if it is not there, lines are made from the seed. Default: {@link REAL_FILE}. */
  readonly file?: string;
}

export interface RunReport {
  readonly problems: readonly string[];
  /** Where the lines come from. */
  readonly source: string;
  readonly expected: ExpectedTotals;
  readonly malformed: readonly number[];
  /** Numbers of the lines that were planted as malformed. */
  readonly planted: readonly number[];
  readonly evidence: Evidence;
  readonly resent: number;
}

/** The order lines through lives and deaths of a node, and what is held against them. */
export async function runRealData({ kills, seed, lines, file = REAL_FILE }: RunOptions): Promise<RunReport> {
  const { text, source } = readLines(file, seed, lines);
  const rows = text.split('\n');
  const middle = Math.floor(rows.length / 2);
  const orders = readOrders([...rows.slice(0, middle), ...MALFORMED, ...rows.slice(middle)].join('\n'));
  const folder = mkdtempSync(join(tmpdir(), 'plexspaces-real-data-'));
  try {
    const campaign = new Campaign({
      folder,
      lines: orders.lines,
      kills,
      random: new Random(seed),
      env: new SystemEnv(),
    });
    const outcome = await campaign.run();
    const actors = await readAllActors(campaign.database);
    const ledger = readLedger(campaign.ledgerFile);
    const expected = expectedTotals(text);
    const history = checkHistory({
      operations: outcome.log.records(),
      actors,
      models,
      ledger,
      ledgerEffects: ['price', 'invoice'],
      finals: finalsOf(outcome),
      faults: [{ name: 'SIGKILL', fired: outcome.struckAtWork }],
    });
    const effects = recordedEffects(actors);
    const plannedEffects = 2 * expected.lines - expected.anonymous; // a price each, and an invoice for those named
    const evidence = { ...outcome, expected, plannedEffects, plannedKills: kills, effects, ledger, history };
    const { malformed } = orders;
    const planted = MALFORMED.map((_, i) => middle + 1 + i);
    return { problems: judge(evidence), source, expected, malformed, planted, evidence, resent: outcome.resent };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The heading, and order lines that are all well-formed. */
function readLines(file: string, seed: number, lines = Infinity): { readonly text: string; readonly source: string } {
  const real = readIfThere(file);
  const text = (real ?? makeOrderFile(seed, MADE_LINES)).trim().split('\n');
  const name = basename(file);
  const source = real === undefined ? `made from seed ${seed} in the same shape, for ${name} is not here` : name;
  return { text: text.slice(0, 1 + lines).join('\n'), source };
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

async function readAllActors(database: string): ReturnType<typeof readActors> {
  const storage = await SqliteStorage.open(database);
  try {
    return await readActors(storage);
  } finally {
    await storage.journal.close();
  }
}

function finalsOf({ items, customers }: Pick<Evidence, 'items' | 'customers'>): Record<string, unknown> {
  const of = (type: string, totals: Evidence['items']): [string, unknown][] =>
    [...totals].map(([key, value]) => [`default/default/${type}/${key}`, value]);
  return Object.fromEntries([...of('stock-item', items), ...of('customer', customers)]);
}

/** A report in a few lines. */
export function describeRun({ source, expected, malformed, evidence, resent }: RunReport): string {
  const { deaths, struckAtWork, ledger, effects, items, customers } = evidence;
  return [
    `${expected.lines} order lines (${source}): ${expected.returned} with goods sent back, ${expected.anonymous} without a customer`,
    `${malformed.length} malformed lines left out`,
    `${items.size} items, ${customers.size} customers; ${resent} lines sent again`,
    `${deaths.length} times SIGKILL, ${struckAtWork} with lines under way`,
    `${effects.length} effects recorded, ${ledger.length} called`,
  ].join('\n');
}
