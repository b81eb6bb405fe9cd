import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import type { Case } from '../harness/case';
import { peerPath } from '../harness/peers';
import { freePort, startChild } from '../servers/child-server';
import type { RestateWork, RestateReply } from './restate-program';

const PLATFORM = `${process.platform}-${process.arch}`;
const PROGRAM = join(__dirname, 'restate-program.ts');
const REGISTER = join(__dirname, '../register.cjs');

/** Its server with the defaults but for ports and folder: its log is fsynced before an answer (`rocksdb-disable-wal-fsync = false`). */
export const run: Case = async (bench) => {
  const program = platformProgram(`@restatedev/restate-server-${PLATFORM}`, 'bin/restate-server');
  const node22 = hasNode22() ? process.execPath : platformProgram(`node-${PLATFORM}`, 'bin/node');
  const [ingress, admin, node] = [await freePort(), await freePort(), await freePort()];
  const cwd = await mkdtemp(join(bench.folder, 'restate-'));
  const local = (port: number): string => `http://127.0.0.1:${port}`;
  const server = await startChild(
    program,
    ['--no-logo', '--listen-mode', 'tcp', '--base-dir', join(cwd, 'data'), '--bind-address', `127.0.0.1:${node}`],
    {
      cwd,
      env: {
        RESTATE_INGRESS__BIND_ADDRESS: `127.0.0.1:${ingress}`,
        RESTATE_ADMIN__BIND_ADDRESS: `127.0.0.1:${admin}`,
        RESTATE_DISABLE_TELEMETRY: 'true',
        RESTATE_LOG_FILTER: 'error',
      },
    },
    () => isUp(`${local(admin)}/health`, `${local(ingress)}/restate/health`),
  );
  try {
    const work: RestateWork = {
      ingress: local(ingress),
      admin: local(admin),
      metrics: `${local(node)}/metrics`,
      servicePort: await freePort(),
      scale: bench.times(1_000_000) / 1_000_000,
    };
    const child = fork(PROGRAM, [JSON.stringify(work)], {
      execPath: node22,
      env: { ...process.env, RESTATE_LOGGING: 'ERROR' }, // a line per invocation would be what is measured
      execArgv: ['-r', REGISTER],
      stdio: ['ignore', 2, 2, 'ipc'],
    });
    const kill = (): boolean => child.kill('SIGKILL');
    process.once('exit', kill);
    const reply = new Promise<RestateReply>((resolve) => child.once('message', resolve));
    const ended = once(child, 'exit').then(() => ({ failure: 'The Restate program ended without figures.' }));
    const { figures, failure } = await Promise.race<RestateReply>([reply, ended]);
    kill();
    process.off('exit', kill);
    if (figures === undefined) throw new Error(failure);
    return figures;
  } finally {
    await server.stop();
  }
};

async function isUp(...urls: readonly string[]): Promise<boolean> {
  const answers = await Promise.allSettled(urls.map((url) => fetch(url)));
  return answers.every((answer) => answer.status === 'fulfilled' && answer.value.ok);
}

function hasNode22(): boolean {
  return Number(process.versions.node.split('.')[0]) >= 22;
}

function platformProgram(name: string, file: string): string {
  const path = peerPath(join(name, file));
  if (!existsSync(path))
    throw new Error(`${name} is not installed: there is none for ${PLATFORM}, or it was left out.`);
  return path;
}
