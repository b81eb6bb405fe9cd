import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FailpointName } from './failpoint';

describe('PLEXSPACES_FAILPOINTS', () => {
  const folder = mkdtempSync(join(tmpdir(), 'failpoints-'));
  const hits = join(folder, 'hits');
  afterAll(() => rmSync(folder, { recursive: true }));
  afterEach(() => {
    delete process.env['PLEXSPACES_FAILPOINTS'];
    delete process.env['PLEXSPACES_FAILPOINT_FD'];
  });

  /** As a process has it that was started with `spec`. */
  function failpoints(spec: string): (name: FailpointName) => void {
    process.env['PLEXSPACES_FAILPOINTS'] = spec;
    process.env['PLEXSPACES_FAILPOINT_FD'] = String(openSync(hits, 'w'));
    let failpoint!: (name: FailpointName) => void;
    jest.isolateModules(() => ({ failpoint } = jest.requireActual<typeof import('./failpoint')>('./failpoint')));
    return failpoint;
  }

  it('fails the passage it names, and no other', () => {
    const failpoint = failpoints('reply.before=throw@2,reply.after=count');
    failpoint('reply.before');
    failpoint('reply.after');
    expect(() => failpoint('reply.before')).toThrow('failpoint reply.before');
    failpoint('reply.before');
    failpoint('reply.after');
    failpoint('turn.beforeCommit');
    expect(readFileSync(hits, 'utf8')).toBe(
      'failpoint reply.after 1\nfailpoint reply.before 2\nfailpoint reply.after 2\n',
    );
  });

  it.each(['reply.never=kill', 'reply.before', 'reply.before=stop', 'reply.before=kill@x', 'reply.before=kill@0'])(
    'refuses %s',
    (spec) => {
      expect(() => failpoints(spec)).toThrow(/^PLEXSPACES_FAILPOINTS: ".*" is not <point>=kill\|throw\|count\[@n\]/);
    },
  );
});
