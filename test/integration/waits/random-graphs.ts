import { type DeadlockError, isPlexSpacesError } from 'plexspaces';
import { ActorTestingModule, ManualClock, type TestApp } from 'plexspaces/testing';
import { Random } from '../../../libs/testing/src/conformance/random';
import { type Script, type Step, Kept, Plain, ask, classOf, letEffectsWait, sleep } from './script-actors';

// Random actors that ask each other in random ways. Whether a graph hangs is learned without the detection, from a run in
// which nobody looks: what is not answered long before an ask times out never will be. The detection has to agree.

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
  readonly deadlocks: readonly DeadlockError[];
}

export interface Tally {
  graphs: number;
  hanging: number;
  deadlocks: number;
  /** What should not be, in words with the seed. */
  readonly wrong: string[];
}

/** Runs graphs of these seeds beside each other, without and with the detection. */
export async function judgeGraphs(seeds: readonly number[], tally: Tally): Promise<void> {
  const graphs = seeds.map(draw);
  const alone = await runAll(graphs, false);
  const watched = await runAll(graphs, true);
  graphs.forEach(({ name }, i) => {
    const hangs = (alone[i] as Verdict).unanswered > 0;
    const { unanswered, deadlocks } = watched[i] as Verdict;
    tally.graphs++;
    tally.deadlocks += deadlocks.length;
    if (hangs) tally.hanging++;
    if (!hangs && deadlocks.length > 0) tally.wrong.push(`${name}: false alarm, ${deadlocks[0]?.path.join(' → ')}`);
    if (hangs && deadlocks.length === 0) tally.wrong.push(`${name}: hangs, and nobody says so`);
    if (unanswered > 0) tally.wrong.push(`${name}: ${unanswered} calls are still not answered`);
  });
}

async function runAll(graphs: readonly Graph[], detects: boolean): Promise<Verdict[]> {
  const clock = new ManualClock({ seed: 1 });
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
      unanswered: Math.max(calls.length - (answered[i] as () => number)(), busyOf(app, keys, name)),
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

/** @returns how many of its calls are over */
function start(app: TestApp, clock: ManualClock, { calls, name }: Graph): () => number {
  let over = 0;
  for (const { at, key, script, tells } of calls) {
    const ref = app.ref(classOf(key), `${key}@${name}`);
    clock.schedule(() => {
      const sent: Promise<unknown> = tells ? ref.tell.run(script) : ref.ask.run(script);
      sent.then(
        () => over++,
        (error: unknown) => {
          if (!isPlexSpacesError(error, 'PS_ASK_TIMEOUT')) over++;
        },
      );
    }, at);
  }
  return () => over;
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
    };
  if (kind === 10 && mayReenter && key.startsWith('p')) return { reenter: key, does: deeper() };
  return ask(key, ...deeper());
}

function ignore(): void {
  // on purpose
}
