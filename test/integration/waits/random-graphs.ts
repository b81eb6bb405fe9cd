import { type DeadlockError, isPlexSpacesError } from 'plexspaces';
import { ActorTestingModule, ManualClock, type TestApp } from 'plexspaces/testing';
import { Random } from '../../../libs/testing/src/conformance/random';
import { type Script, type Step, Kept, Plain, ask, classOf, letEffectsWait, sleep } from './script-actors';

// Random actors that ask each other in random ways. Whether a graph hangs is learned without the detection, from a run in
// which nobody looks: what is not answered long before an ask times out never will be. The detection has to agree. Side effects
// that ask go on by themselves here, since one that awaits nothing else hangs for its ask's time, and nobody can know it. And
// what is refused as a chain that meets itself has to be one.

/** Every wait that ends by itself has ended by then, and no ask has timed out. */
const HANGS_AFTER = '25s';
/** A graph whose circles are broken has ended by then, broken once more after each retry if need be. */
const ENDS_BY = '29s';

/** Who asks what, and when. */
interface Graph {
  readonly name: string;
  readonly keys: readonly string[];
  readonly calls: readonly {
    readonly at: number;
    readonly key: string;
    readonly script: Script;
    readonly tells: boolean;
  }[];
}

interface Verdict {
  readonly unanswered: number;
  /** Calls that were refused as a chain that meets itself, and are none. */
  readonly refused: number;
  readonly deadlocks: readonly DeadlockError[];
}

export interface Tally {
  graphs: number;
  hanging: number;
  deadlocks: number;
  /** What should not be, in words with the seed. */
  readonly wrong: string[];
}

/** With which dice a graph is judged by itself. */
const DICE = [1, 2, 3, 4, 5, 6, 7, 8];

/**
 * Runs graphs of these seeds beside each other, without and with the detection. They share their dice, so what is found in one
 * changes the waits before retries in the others, and whether those hang may hang on that: who is blamed is judged by itself,
 * where both runs are the same until something is found.
 */
export async function judgeGraphs(seeds: readonly number[], tally: Tally): Promise<void> {
  const graphs = seeds.map(draw);
  const [alone, watched] = await runBoth(graphs, 1);
  for (const [i, graph] of graphs.entries()) {
    const [without, found] = [alone[i] as Verdict, watched[i] as Verdict];
    tally.graphs++;
    tally.deadlocks += found.deadlocks.length;
    if (without.unanswered > 0) tally.hanging++;
    if (blame(graph, without, found).length > 0) tally.wrong.push(...(await judgeAlone(graph)));
  }
}

async function judgeAlone(graph: Graph): Promise<string[]> {
  for (const dice of DICE) {
    const [[without], [found]] = await runBoth([graph], dice);
    const wrong = blame(graph, without as Verdict, found as Verdict);
    if (wrong.length > 0) return wrong;
  }
  return [];
}

function blame({ name }: Graph, alone: Verdict, { unanswered, refused, deadlocks }: Verdict): string[] {
  const wrong: string[] = [];
  const hangs = alone.unanswered > 0;
  if (!hangs && deadlocks.length > 0) wrong.push(`${name}: false alarm, ${deadlocks[0]?.path.join(' → ')}`);
  if (hangs && deadlocks.length === 0) wrong.push(`${name}: hangs, and nobody says so`);
  if (refused > 0) wrong.push(`${name}: ${refused} calls are refused, though no chain meets itself`);
  if (unanswered > 0) wrong.push(`${name}: ${unanswered} calls are still not answered`);
  return wrong;
}

async function runBoth(graphs: readonly Graph[], dice: number): Promise<[Verdict[], Verdict[]]> {
  return [await runAll(graphs, false, dice), await runAll(graphs, true, dice)];
}

async function runAll(graphs: readonly Graph[], detects: boolean, dice: number): Promise<Verdict[]> {
  const clock = new ManualClock({ seed: dice });
  letEffectsWait((ms) => new Promise((resolve) => void clock.schedule(() => resolve(undefined), ms)));
  const silent = { log: ignore, warn: ignore, error: ignore, debug: ignore, verbose: ignore };
  const app = await ActorTestingModule.create({ actors: [Plain, Kept], clock, codecCheck: false })
    .setLogger(silent)
    .start();
  try {
    const found: DeadlockError[] = [];
    watch(app, detects, found);
    const answered = graphs.map((graph) => start(app, clock, graph));
    await clock.advance(detects ? ENDS_BY : HANGS_AFTER);
    return graphs.map(({ name, keys, calls }, i) => ({
      unanswered: Math.max(calls.length - (answered[i] as Answered).over, busyOf(app, keys, name)),
      refused: (answered[i] as Answered).refused,
      deadlocks: found.filter(({ actor }) => actor.endsWith(`@${name}`)),
    }));
  } finally {
    await app.crash(); // whoever hangs would be waited for
    await app.close();
  }
}

/** Hears of every deadlock that is found; without detection nobody looks for one. */
function watch({ system }: TestApp, detects: boolean, found: DeadlockError[]): void {
  if (!detects) return void Object.assign(system.waits, { look: ignore });
  system.waits.found$.subscribe((error) => found.push(error));
}

/** Tells hang without anybody waiting for them. */
function busyOf(app: TestApp, keys: readonly string[], graph: string): number {
  return keys.filter((key) => {
    const { address } = app.ref(classOf(key), `${key}@${graph}`);
    return app.system.activationOf(address)?.isIdle === false;
  }).length;
}

/** Of the calls of one graph. */
interface Answered {
  over: number;
  refused: number;
}

function start(app: TestApp, clock: ManualClock, { calls, name }: Graph): Answered {
  const answered = { over: 0, refused: 0 };
  for (const { at, key, script, tells } of calls) {
    const ref = app.ref(classOf(key), `${key}@${name}`);
    clock.schedule(() => {
      const sent: Promise<unknown> = tells ? ref.tell.run(script) : ref.ask.run(script);
      sent.then(
        () => answered.over++,
        (error: unknown) => {
          if (!isPlexSpacesError(error, 'PS_ASK_TIMEOUT')) answered.over++;
          if (isPlexSpacesError(error, 'PS_CALL_CYCLE') && !meetsItself(script, [`${key}@${name}`])) answered.refused++;
        },
      );
    }, at);
  }
  return answered;
}

/** Does an ask wait for an actor that waits for it, or another of its chain? What a side effect asks begins one; nobody hears of a tell. */
function meetsItself(script: Script, chain: readonly string[]): boolean {
  return script.some((step): boolean => {
    if ('ask' in step) return chain.includes(step.ask) || meetsItself(step.does, [...chain, step.ask]);
    if ('reenter' in step) return meetsItself(step.does, [...chain, step.reenter]);
    if ('request' in step) return chain.includes(step.request) || meetsItself(step.does, [step.request]);
    if ('aside' in step) return chain.includes(step.aside) || meetsItself(step.does, [step.aside]);
    if ('outside' in step) return step.outside.some(({ ask: key, does }) => meetsItself(does, [key]));
    if ('all' in step) return step.all.some((each) => meetsItself(each, chain));
    if ('race' in step) return step.race.some((each) => meetsItself(each, chain));
    return 'caught' in step && meetsItself(step.caught, chain);
  });
}

function draw(seed: number): Graph {
  const random = new Random(seed);
  const name = `g${seed}`;
  const keys = Array.from({ length: 2 + random.below(4) }, (_, i) => `${random.pick(['p', 'd'])}${i}`);
  const calls = Array.from({ length: 2 + random.below(4) }, () => ({
    at: random.below(30),
    key: random.pick(keys),
    script: drawScript(random, keys, name, 3, true),
    tells: random.below(5) === 0,
  }));
  return { name, keys, calls };
}

function drawScript(
  random: Random,
  keys: readonly string[],
  graph: string,
  depth: number,
  mayReenter: boolean,
): Script {
  return Array.from({ length: 1 + random.below(2) }, () => drawStep(random, keys, graph, depth, mayReenter));
}

/** @param mayReenter a call that fails inside a turn undoes it: one that gives an answer would have given none, and nobody else does */
function drawStep(random: Random, keys: readonly string[], graph: string, depth: number, mayReenter: boolean): Step {
  const key = `${random.pick(keys)}@${graph}`;
  const deeper = (reenters = mayReenter): Script => drawScript(random, keys, graph, depth - 1, reenters);
  const kind = depth === 0 ? random.below(3) : random.below(15);
  if (kind === 0) return sleep(1 + random.below(200));
  if (kind === 1) return { effect: 1 + random.below(200) };
  if (kind === 2) return { read: key };
  if (kind === 3) return { tell: key, does: deeper() };
  if (kind === 4) return { all: [deeper(), deeper()] };
  if (kind === 5) return { race: [deeper(), deeper()] };
  if (kind === 6) return { caught: deeper() };
  if (kind === 7) return { request: key, does: deeper() };
  if (kind === 8) return { aside: key, afterMs: 1 + random.below(200), does: deeper(false) };
  if (kind === 9)
    return {
      outside: Array.from({ length: 1 + random.below(2) }, () => ({
        ask: `${random.pick(keys)}@${graph}`,
        does: deeper(),
      })),
      afterMs: 1 + random.below(200),
    };
  if (kind === 10 && mayReenter && key.startsWith('p')) return { reenter: key, does: deeper() };
  return ask(key, ...deeper());
}

function ignore(): void {
  // on purpose
}
