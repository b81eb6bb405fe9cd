import { spawnSync } from 'node:child_process';

/** A server that tests talk to, wherever this machine has it. */
export interface TestServer {
  readonly host: string;
  readonly port: number;
  /** With user, password and database or number. */
  readonly url: URL;
}

const PROBE =
  'const s=require("net").connect(+process.argv[2],process.argv[1]);s.setTimeout(2000,()=>process.exit(1));' +
  's.on("connect",()=>process.exit(0)).on("error",()=>process.exit(1))';

/**
 * The server that an environment variable names, else the one at its usual local address; `undefined` when nobody listens there, for a
 * visible skip. Under CI, or when it was named, its absence is an error.
 */
export function testServer(variable: string, usual: string): TestServer | undefined {
  const named = process.env[variable];
  const url = new URL(named ?? usual);
  const [host, port] = [url.hostname, Number(url.port || new URL(usual).port)];
  if (spawnSync(process.execPath, ['-e', PROBE, host, String(port)]).status === 0) return { host, port, url };
  if (named === undefined && process.env['CI'] === undefined) return undefined;
  throw new Error(`Nobody listens at ${host}:${port}. Start the server, or say in ${variable} where it is.`);
}

/** `describe`, or `describe.skip` when there is no server to test with. */
export function describeWith(server: TestServer | undefined, name: string, tests: (server: TestServer) => void): void {
  if (server === undefined)
    describe.skip(`${name} (no server on this machine)`, () => it('needs the server', () => {}));
  else describe(name, () => tests(server));
}
