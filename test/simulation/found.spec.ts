import 'reflect-metadata';
import { Actor, type ActorContext, Ctx, Handle, State, UseFacets, durability, virtualActor } from 'plexspaces';
import { Outside, type SimWorld, simulate } from 'plexspaces/testing';

// What the simulation found, each by the least that shows it. Every one of these failed before it was mended.

const retry = { maxAttempts: 30, initialDelay: 1 };
const quiet = { faults: 'none' } as const;
/** Seeds enough for the rarest of them. */
const seeds = { from: 1, count: 40 };

@Actor({ type: 'notes' })
@UseFacets(durability(), virtualActor())
class Notes {
  @State() lines: number[] = [];

  constructor(private readonly outside: Outside) {}

  @Handle({ retry }) note(line: number): void {
    this.lines.push(line);
  }

  @Handle({ retry }) last(): number {
    return this.lines.at(-1) ?? -1;
  }

  @Handle({ retry: { maxAttempts: 4 } }) exhaust(): Promise<never> {
    return this.outside.die();
  }

  /** Holds the line for a while. */
  @Handle({ retry }) async pause(@Ctx() ctx: ActorContext): Promise<void> {
    await ctx.sleep(100);
  }

  @Handle({ readOnly: true }) read(): number[] {
    return this.lines;
  }
}

@Actor({ type: 'writer' })
@UseFacets(durability(), virtualActor())
class Writer {
  @State() count = 0;

  @Handle({ retry }) async forward(@Ctx() ctx: ActorContext): Promise<void> {
    await ctx.actor(Notes, 'n').tell.note(this.count++);
  }

  @Handle({ retry }) async look(@Ctx() ctx: ActorContext): Promise<number> {
    return ctx.actor(Notes, 'n').ask.last();
  }
}

const actors = [Notes, Writer];
const patient = { attempts: 40 };

async function linesOf(world: SimWorld): Promise<number[]> {
  return (await world.ref(Notes, 'n')).ask.read();
}

async function isInOrder(world: SimWorld): Promise<void> {
  expect(await linesOf(world)).toEqual([0, 1, 2, 3, 4, 5]);
}

describe('found by simulation', () => {
  it('a send that is read from the inbox while its receiver loads does not overtake the one before it (P2)', async () => {
    await simulate({
      seeds,
      actors,
      faults: { ...none(), storeLatencyMs: 20 },
      scenario: async (world) => {
        const ask = world.client('c').ask(Writer, 'w', patient);
        await Promise.all(Array.from({ length: 6 }, () => ask.forward()));
      },
      invariant: isInOrder,
    });
  });

  it('an ask between actors survives a store that fails: the failure is no outcome (P6)', async () => {
    await simulate({
      seeds,
      actors,
      faults: { ...none(), storeFailsUnapplied: 0.3, readFails: 0.2 },
      scenario: async (world) => {
        for (let i = 0; i < 5; i++) expect(await world.client('c').ask(Writer, 'w', patient).look()).toBe(-1);
      },
    });
  });

  it('a repeat whose look-up fails while it waits in line does not end the process', async () => {
    await simulate({
      seeds,
      actors,
      faults: { ...none(), readFails: 0.5, storeLatencyMs: 10 },
      scenario: async (world) => {
        const ask = world.client('c').ask(Notes, 'n', patient);
        await Promise.all([ask.last(), ask.last(), ask.last()]);
      },
    });
  });

  it('a tell on its way to the store when its activation fails is there for the next one (P2)', async () => {
    await simulate({
      seeds,
      actors,
      faults: { ...none(), readFails: 0.4, storeLatencyMs: 20 },
      scenario: async (world) => {
        for (let line = 0; line < 8; line++) {
          const notes = await world.ref(Notes, `n${line}`);
          const before = notes.ask.last().catch(unreadable);
          // Waits for the ask before it, and brings up the next activation when that fails.
          const between = notes.ask.read().catch(unreadable);
          const noted = notes.tell.note(line);
          await noted;
          for (let last: number | null = null; last === null; await world.sleep(50)) {
            last = await notes.ask.last().catch(unreadable);
            if (last !== null) expect(last).toBe(line);
          }
          await Promise.all([before, between]);
        }
      },
    });
  });

  it('a repeat of a stored tell that comes while its actor is loaded brings nobody before the other stored ones (P2)', async () => {
    await simulate({
      seeds: { from: 1, count: 5 },
      actors,
      faults: { ...none(), storeLatencyMs: 20 },
      scenario: async (world) => {
        const client = world.client('c');
        const first = (): Promise<unknown> => client.tell(Notes, 'n', { ...patient, idempotencyKey: '0' }).note(0);
        const paused = client.ask(Notes, 'n', patient).pause();
        await Promise.all([
          first(),
          client.tell(Notes, 'n', patient).exhaust(),
          client.tell(Notes, 'n', patient).note(1),
        ]);
        const last = client.ask(Notes, 'n', patient).last();
        while (world.lives < 2) await world.sleep(5); // the pause is over, the process has died
        await Promise.all([first(), paused]);
        expect(await last).toBe(1);
      },
    });
  });

  it('a tell whose row is read while its actor is loaded stays behind the ask before it (P2)', async () => {
    await simulate({
      seeds: { from: 1, count: 20 },
      actors,
      faults: { ...none(), storeLatencyMs: 20 },
      scenario: async (world) => {
        for (let line = 0; line < 8; line++) {
          const notes = await world.ref(Notes, `m${line}`);
          const before = notes.ask.last();
          await notes.tell.note(line);
          expect(await before).toBe(-1);
        }
      },
    });
  });

  it('needs no fault to be right', async () => {
    await simulate({ ...quiet, seeds: { from: 1, count: 3 }, actors, scenario: (world) => linesOf(world) });
  });
});

/** The store failed: asked again, it may answer. */
function unreadable(): null {
  return null;
}

function none(): Record<string, number> {
  return Object.fromEntries(
    ['processCrash', 'powerLoss', 'pause', 'gracefulRestart', 'clockJump', 'slowProcess', 'requestLost', 'replyLost']
      .concat(['effectFails', 'storeLatencyMs', 'storeFailsUnapplied', 'storeFailsApplied', 'storeNeverAnswers'])
      .concat(['outOfSpace', 'readFails', 'checkpointRots', 'leaseSlow'])
      .map((name) => [name, 0]),
  );
}
