import { RealWorldUsedError } from '../errors';

/** What must come from Env. Code of packages may look at the clock, to measure itself or to log. */
const FUNCTIONS: readonly (readonly [holder: string | null, name: string])[] = [
  ['Date', 'now'],
  ['Math', 'random'],
  ['performance', 'now'],
  [null, 'setTimeout'],
  [null, 'setInterval'],
  [null, 'setImmediate'],
];

type Bag = Record<string, unknown>;
type Call = (this: unknown, ...args: unknown[]) => unknown;

/**
 * Watches the real clock, timers and randomness: whoever uses them while `isRunning` gets an error, and the run is
 * told, since the error might be caught. @returns what takes the watch away
 */
export function watchRealWorld(isRunning: () => boolean, onUse: (error: RealWorldUsedError) => void): () => void {
  const world = globalThis as unknown as Bag;
  const undo: (() => void)[] = [];
  const replace = (holder: Bag, name: string, value: unknown): void => {
    const before = Object.getOwnPropertyDescriptor(holder, name);
    Object.defineProperty(holder, name, { value, configurable: true, writable: true, enumerable: before?.enumerable ?? false });
    undo.unshift(() => (before === undefined ? delete holder[name] : Object.defineProperty(holder, name, before)));
  };
  const check = (what: string): void => {
    if (!isRunning()) return;
    const caller = callerOf(shortStack());
    if (caller === null) return;
    const error = new RealWorldUsedError(what, caller);
    onUse(error);
    throw error;
  };
  for (const [holderName, name] of FUNCTIONS) {
    const holder = holderName === null ? world : (world[holderName] as Bag);
    const original = holder[name] as Call;
    const label = holderName === null ? name : `${holderName}.${name}`;
    const watched: Call = function (...args) {
      check(`${label}()`);
      return original.apply(this, args);
    };
    replace(holder, name, Object.assign(watched, original));
  }
  const RealDate = world['Date'] as DateConstructor;
  replace(
    world,
    'Date',
    new Proxy(RealDate, {
      construct(target, args, newTarget) {
        if (args.length === 0) check('new Date()');
        return Reflect.construct(target, args, newTarget) as object;
      },
      apply(target, self, args) {
        check('Date()');
        return Reflect.apply(target as unknown as Call, self, args);
      },
    }),
  );
  return () => {
    for (const back of undo) back();
  };
}

/** Of the check, the watched function and its caller: a whole one costs ten times as much, and Nest measures itself a lot. */
function shortStack(): string {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 4;
  const { stack = '' } = new Error();
  Error.stackTraceLimit = stackTraceLimit;
  return stack;
}

/** Who called, as a line of the stack; `null` when it was a package or Node itself. */
function callerOf(stack: string): string | null {
  const lines = stack.split('\n').slice(1);
  const caller = lines.find((line) => !line.includes('real-world.'));
  if (caller === undefined || caller.includes('node_modules') || caller.includes('node:')) return null;
  return caller.trim();
}
