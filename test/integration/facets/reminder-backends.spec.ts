import 'reflect-metadata';
import { Injectable, type Type } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import {
  Actor,
  type ActorClient,
  type ActorContext,
  ActorSystem,
  Ctx,
  Handle,
  PlexSpacesModule,
  State,
  SystemEnv,
  UseFacets,
  durability,
  getActorToken,
  virtualActor,
} from 'plexspaces';
import { ReminderFacet, type ReminderOptions, reminder, reminders } from 'plexspaces/facets/reminder';
import { storesOf } from '../../support/servers/store-urls';

/** Hours go by when the test says so; what falls due then is all that is waited for. */
class JumpingEnv extends SystemEnv {
  private ahead = 0;

  jump(ms: number): void {
    this.ahead += ms;
  }

  override now(): number {
    return super.now() + this.ahead;
  }
}

@Injectable()
class Runs {
  readonly lines: string[] = [];
  private waiting: { readonly count: number; readonly resolve: () => void } | null = null;

  add(line: string): void {
    this.lines.push(line);
    if (this.waiting !== null && this.lines.length >= this.waiting.count) this.waiting.resolve();
  }

  reached(count: number): Promise<void> {
    if (this.lines.length >= count) return Promise.resolve();
    return new Promise((resolve) => (this.waiting = { count, resolve }));
  }
}

@Injectable()
class Reporter {
  @State() made = 0;

  constructor(private readonly runs: Runs) {}

  @Handle()
  register(@Ctx() ctx: ActorContext, name: string, maxOccurrences: number): string {
    return reminders<Reporter>(ctx).register(name, { every: '1h', missed: 'all', maxOccurrences }, 'generate', name);
  }

  @Handle()
  cancel(@Ctx() ctx: ActorContext, name: string): boolean {
    return reminders<Reporter>(ctx).cancel(name);
  }

  @Handle()
  generate(@Ctx() ctx: ActorContext, name: string): void {
    this.made++;
    this.runs.add(`${name} ${ctx.messageId.slice(ctx.messageId.lastIndexOf('/') + 1)}`);
  }

  @Handle({ readOnly: true })
  count(): number {
    return this.made;
  }
}

type Backend = NonNullable<ReminderOptions['storageBackend']>;
const BACKENDS = ['memory', 'sqlite', 'postgres', 'redis'] as const;

/** The class as it is written for one storage. */
function reportOn(storageBackend: Backend): Type<Reporter> {
  @Actor({ type: 'report' })
  @UseFacets(durability({ checkpointEvery: 2 }), virtualActor(), reminder({ storageBackend }))
  class Report extends Reporter {}
  return Report;
}

/** Registers, goes on a few hours later, in another life where the store outlives the first; a class that is written for another storage is refused. */
async function remind(backend: Backend, storage: string, isKept: boolean): Promise<void> {
  const Report = reportOn(backend);
  const env = new JumpingEnv();
  const runs = new Runs();
  const moduleOf = async (cls: Type<Reporter>): Promise<TestingModule> => {
    const module = await Test.createTestingModule({
      imports: [
        PlexSpacesModule.forRoot({ storage, env }),
        PlexSpacesModule.forFeature([cls, { provide: Runs, useValue: runs }]),
      ],
      providers: [ReminderFacet],
    }).compile();
    module.useLogger(false);
    return module;
  };
  for (const other of BACKENDS.filter((name) => name !== backend)) {
    const module = await moduleOf(reportOn(other));
    await expect(module.init()).rejects.toMatchObject({ code: 'PS_INVALID_FACET_CONFIG', option: 'storageBackend' });
    await module.close();
  }
  const live = async (use: (reports: ActorClient<Reporter>, system: ActorSystem) => Promise<void>): Promise<void> => {
    const module = await moduleOf(Report);
    await module.init();
    try {
      await use(module.get(getActorToken(Report)), module.get(ActorSystem));
    } finally {
      await module.close();
    }
  };
  const goOn = async (reports: ActorClient<Reporter>, system: ActorSystem): Promise<void> => {
    const report = reports.ref('a');
    await runs.reached(6);
    expect(await report.ask.register('second', 3)).toBe('registered'); // it has ended meanwhile
    expect(await report.ask.cancel('second')).toBe(true);
    expect(await system.storage.inbox.pending(report.actorId)).toEqual([]);
    expect(await report.ask.count()).toBe(6);
    expect(runs.lines.filter((line) => line.startsWith('first'))).toEqual(['first 1', 'first 2', 'first 3']);
    expect(runs.lines.filter((line) => line.startsWith('second'))).toEqual(['second 1', 'second 2', 'second 3']);
  };
  await live(async (reports, system) => {
    const report = reports.ref('a');
    for (const name of ['first', 'second', 'gone']) expect(await report.ask.register(name, 3)).toBe('registered');
    expect(await report.ask.register('first', 3)).toBe('unchanged');
    expect(await report.ask.cancel('gone')).toBe(true);
    expect(await system.storage.inbox.pending(report.actorId)).toHaveLength(2);
    if (isKept) return;
    env.jump(4 * 3_600_000);
    system.wakeAt({} as never, 0); // no timer knows of a clock that was put forward
    await goOn(reports, system);
  });
  if (!isKept) return;
  env.jump(4 * 3_600_000);
  await live(goOn);
}

describe('[FI-RE01] reminders', () => {
  const { onSqlite, onPostgres, onRedis } = storesOf('reminders');

  it('run in memory', () => remind('memory', 'memory:', false));

  onSqlite('run on SQLite', (url) => remind('sqlite', url, true));
  onPostgres('run on Postgres', (url) => remind('postgres', url, true));
  onRedis('run on Redis', (url) => remind('redis', url, true));
});
