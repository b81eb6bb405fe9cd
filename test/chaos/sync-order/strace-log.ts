/** A system call on a file descriptor, as `strace -f -y -xx` saw it. */
export interface SystemCall {
  readonly thread: string;
  readonly name: string;
  readonly fd: number;
  /** What the descriptor stands for: a path, `pipe:[123]`, … */
  readonly target: string;
  /** What was written, as far as strace shows it. */
  readonly data: Buffer;
  /** There is more of it than strace shows. */
  readonly isCut: boolean;
  /** Line on which it began, and the one on which it came back: `Infinity` when it never did. Others' calls may lie between. */
  readonly start: number;
  readonly end: number;
  /** `null` when it did not come back, or strace did not learn with what. */
  readonly result: number | null;
}

interface Pending {
  readonly text: string;
  readonly start: number;
}

const CALL = /^(\w+)\((\d+)<(.*?)>\s*(?:, "((?:\\x[0-9a-f]{2})*)"(\.{3})?[^"]*?)?(?:\)\s*= (\?|-?\d+).*)?$/s;
const RESUMED = /^<\.\.\. \w+ resumed>(.*)$/s;
const UNFINISHED = / ?<unfinished \.\.\.>$/;

/**
 * The calls in the order in which they began. A call that another thread's call came between is one call here, with the line of its
 * beginning and that of its end. @throws Error at a line it does not understand
 */
export function readStraceLog(log: string): SystemCall[] {
  const calls: SystemCall[] = [];
  const pending = new Map<string, Pending>();
  for (const [line, text] of log.split('\n').entries()) {
    const [, thread = '', rest = ''] = /^(\d+) +(.*)$/s.exec(text) ?? [];
    if (/^(\+\+\+|---|$)/.test(rest)) continue; // the end of a thread, a signal, the end of the log
    const resumed = RESUMED.exec(rest);
    const begun = pending.get(thread);
    if (resumed !== null && begun === undefined) throw notUnderstood(line, text, 'it ends a call that nobody began');
    if (UNFINISHED.test(rest)) {
      pending.set(thread, { text: rest.replace(UNFINISHED, ''), start: line });
      continue;
    }
    pending.delete(thread);
    const whole = resumed === null ? rest : `${begun?.text ?? ''}${resumed[1] ?? ''}`;
    calls.push(readCall(thread, whole, { start: begun?.start ?? line, end: line }));
  }
  for (const [thread, { text, start }] of pending) calls.push(readCall(thread, text, { start, end: Infinity }));
  return calls.sort((a, b) => a.start - b.start);
}

function readCall(thread: string, text: string, span: { start: number; end: number }): SystemCall {
  const match = CALL.exec(text);
  if (match === null) throw notUnderstood(span.start, text, 'it is no call on a descriptor');
  const [, name = '', fd, target = '', hex = '', isCut, result = '?'] = match;
  return {
    thread,
    name,
    fd: Number(fd),
    target: target.startsWith('\\x') ? fromHex(target).toString() : target,
    data: fromHex(hex),
    isCut: isCut !== undefined,
    ...span,
    result: result === '?' ? null : Number(result),
  };
}

function fromHex(text: string): Buffer {
  return Buffer.from(text.replaceAll('\\x', ''), 'hex');
}

function notUnderstood(line: number, text: string, why: string): Error {
  return new Error(`Line ${line + 1} of the trace: ${why}: ${text.slice(0, 120)}`);
}
