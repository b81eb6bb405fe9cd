import { judgeReplies } from './judge-replies';
import { readStraceLog } from './strace-log';

// Forged traces: what the checker must notice, and what it must let pass.

const WAL = '/tmp/a/journal.db-wal';
const PAGE = 1_024;

const hex = (bytes: Buffer): string => [...bytes].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('');
const path = (text: string): string => hex(Buffer.from(text));
const reply = (...answers: string[]): string => {
  const text = Buffer.from(answers.map((answer) => `${answer}\n`).join(''));
  return `10 write(1<${path('pipe:[7]')}>, "${hex(text)}", ${text.length}) = ${text.length}`;
};
const frameHeader = (isLast: boolean): string => {
  const header = Buffer.alloc(24);
  header.writeUInt32BE(isLast ? 9 : 0, 4);
  return `11 pwrite64(20<${path(WAL)}>, "${hex(header)}", 24, 32) = 24`;
};
const pageOf = (...answers: string[]): Buffer =>
  Buffer.concat([Buffer.from(answers.join('\0')), Buffer.alloc(PAGE)], PAGE);
const page = (...answers: string[]): string =>
  `11 pwrite64(20<${path(WAL)}>, "${hex(pageOf(...answers))}", ${PAGE}, 56) = ${PAGE}`;
const commit = (...answers: string[]): string[] => [frameHeader(false), page(), frameHeader(true), page(...answers)];
const sync = (file = WAL, result = '0'): string => `11 fdatasync(20<${path(file)}>) = ${result}`;
const [syncBegins, syncEnds] = [`11 fsync(20<${path(WAL)}> <unfinished ...>`, '11 <... fsync resumed>)      = 0'];

function verdict(...lines: string[]): ReturnType<typeof judgeReplies> {
  const log = [...lines, '10 --- SIGCHLD {si_signo=SIGCHLD} ---', '11 +++ exited with 0 +++', ''].join('\n');
  return judgeReplies(readStraceLog(log), { marker: /done-\d/g, isReply: ({ fd }) => fd === 1 });
}

describe('the order of a commit, its flush and its answers', () => {
  it.each<[string, string[], { replies: number; commits: number; syncs: number }]>([
    ['one after the other', [...commit('done-1'), sync(), reply('done-1')], { replies: 1, commits: 1, syncs: 1 }],
    [
      'one flush for several answers',
      [...commit('done-1', 'done-2'), sync(), reply('done-1', 'done-2'), reply('done-2')],
      { replies: 3, commits: 1, syncs: 1 },
    ],
    [
      'one flush for several commits',
      [...commit('done-1'), ...commit('done-2'), sync(), reply('done-2'), reply('done-1')],
      { replies: 2, commits: 2, syncs: 1 },
    ],
    [
      'the next commit under way, in the same page',
      [...commit('done-1'), sync(), ...commit('done-1', 'done-2'), reply('done-1')],
      { replies: 1, commits: 2, syncs: 1 },
    ],
    [
      'a flush that other calls came between',
      [...commit('done-1'), syncBegins, '10 write(5<pipe:[8]>, "\\x21", 1) = 1', syncEnds, reply('done-1')],
      { replies: 1, commits: 1, syncs: 1 },
    ],
    [
      'a write that other calls came between',
      [
        frameHeader(true),
        page('done-1').replace(`) = ${PAGE}`, ' <unfinished ...>'),
        '10 write(5<pipe:[8]>, "\\x21", 1) = 1',
        `11 <... pwrite64 resumed>) = ${PAGE}`,
        sync(),
        reply('done-1'),
      ],
      { replies: 1, commits: 1, syncs: 1 },
    ],
  ])('lets pass: %s', (_, lines, counts) => {
    expect(verdict(...lines)).toEqual({ ...counts, tooEarly: [] });
  });

  it.each<[string, string[]]>([
    ['no flush at all', [...commit('done-1'), reply('done-1')]],
    ['a flush after the answer', [...commit('done-1'), reply('done-1'), sync()]],
    ['a flush before the commit', [sync(), ...commit('done-1'), reply('done-1')]],
    [
      'a flush before the last page of the commit',
      [...commit('done-1').slice(0, 2), sync(), ...commit('done-1').slice(2), reply('done-1')],
    ],
    [
      'a flush of an earlier part, where the answer stood already',
      [frameHeader(false), page('done-1'), sync(), frameHeader(true), page(), reply('done-1')],
    ],
    ['a flush that is not through', [...commit('done-1'), syncBegins, reply('done-1'), syncEnds]],
    ['a flush that never came back', [...commit('done-1'), syncBegins, reply('done-1')]],
    [
      'a flush that began before the write was through',
      [
        frameHeader(true),
        page('done-1').replace(`) = ${PAGE}`, ' <unfinished ...>'),
        sync().replace('11', '12'),
        `11 <... pwrite64 resumed>) = ${PAGE}`,
        reply('done-1'),
      ],
    ],
    ['a flush that failed', [...commit('done-1'), sync(WAL, '-1 EIO (Input/output error)'), reply('done-1')]],
    ['a flush cut off by a kill', [...commit('done-1'), sync(WAL, '?'), reply('done-1')]],
    ['a flush of another file', [...commit('done-1'), sync('/tmp/a/journal.db'), reply('done-1')]],
    ['an answer that no commit carries', [...commit('done-2'), sync(), reply('done-1')]],
    ['a commit that was never finished', [frameHeader(false), page('done-1'), sync(), reply('done-1')]],
  ])('notices: %s', (_, lines) => {
    expect(verdict(...lines).tooEarly).toEqual([expect.stringContaining('done-1 left on line')]);
  });

  it('names each answer that was too early, and no other', () => {
    const { tooEarly } = verdict(...commit('done-1'), sync(), ...commit('done-2'), reply('done-1', 'done-2'));
    expect(tooEarly).toEqual([expect.stringContaining('done-2')]);
  });
});

describe('a trace that cannot be judged', () => {
  it.each([
    ['data cut short', page('done-1').replace('", 1024', '"..., 1024'), 'cut short'],
    ['a call on no descriptor', '11 fork() = 12', 'no call on a descriptor'],
    ['an end without a beginning', '11 <... fsync resumed>) = 0', 'nobody began'],
    ['a short write', page('done-1').replace(`= ${PAGE}`, '= 100'), '100 taken'],
    ['a write that is no part of a WAL', `11 pwrite64(20<${path(WAL)}>, "\\x01\\x02", 2, 0) = 2`, 'no page of a WAL'],
  ])('is refused: %s', (_, line, message) => {
    expect(() => verdict(line)).toThrow(message);
  });
});
