import { Handle, Supervisor, child } from 'plexspaces';
import { ManualClock } from 'plexspaces/testing';
import { closeApps, startApp } from '../../support/app';
import { PLAIN } from '../../support/kinds';

afterEach(closeApps);

/** Counts who keeps the process. */
class Process extends ManualClock {
  readonly needs = new Set<() => boolean>();

  stayUp(isNeeded: () => boolean): { cancel(): void } {
    this.needs.add(isNeeded);
    return { cancel: () => void this.needs.delete(isNeeded) };
  }

  get isKept(): boolean {
    return [...this.needs].some((isNeeded) => isNeeded());
  }
}

let refuses = true;

class Broken {
  onActivate(): void {
    if (refuses) throw new Error('cannot start');
  }
  @Handle() ping(): void {}
}
const broken = PLAIN.regular(Broken);

@Supervisor({ strategy: 'oneForOne', children: [child(broken, 'a')] })
class Top {}

describe('a worker (keepAlive)', () => {
  it('that could not be started does not keep its process; one that could does', async () => {
    const env = new Process();
    const app = await startApp({ actors: [broken, Top], env, keepAlive: true, autoStart: false });
    await expect(app.system.start()).rejects.toMatchObject({ code: 'PS_CHILD_START' });
    expect(env.isKept).toBe(false);
    refuses = false;
    await app.system.start();
    expect(env.isKept).toBe(true);
    await app.close();
    expect(env.isKept).toBe(false);
  });

  it('whose close fails does not keep its process', async () => {
    const env = new Process();
    const app = await startApp({ actors: [], env, keepAlive: true });
    expect(env.isKept).toBe(true);
    app.system.writer.close = () => Promise.reject(new Error('cannot be closed'));
    await expect(app.system.close()).rejects.toThrow('cannot be closed');
    expect(env.isKept).toBe(false);
  });
});
