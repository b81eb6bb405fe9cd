import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Test } from '@nestjs/testing';
import { Client } from 'pg';
import {
  Actor,
  type ActorClient,
  type ActorContext,
  ActorSystem,
  Ctx,
  Handle,
  PlexSpacesModule,
  SideEffect,
  State,
  UseFacets,
  durability,
  getActorToken,
  virtualActor,
} from 'plexspaces';
import { postgresServer } from '../support/servers/postgres-server';
import { PrivateRedis, redisBinary } from '../support/servers/private-redis';

/** What it owes and has paid, in a state with a Map and a Date, by turns, effects, sends and failures. */
@Actor({ type: 'ledger' })
@UseFacets(durability({ checkpointEvery: 3 }), virtualActor())
class Ledger {
  @State() owed = new Map<string, number>();
  @State() since: Date | null = null;
  @State() paid = 0;

  @Handle() owe(to: string, sum: number): number {
    this.since ??= new Date(0);
    this.owed.set(to, (this.owed.get(to) ?? 0) + sum);
    return this.owed.size;
  }

  @Handle() async pay(@Ctx() ctx: ActorContext, to: string): Promise<string> {
    const sum = this.owed.get(to) ?? 0;
    const receipt = await this.transfer(to, sum);
    this.owed.delete(to);
    this.paid += sum;
    await ctx.actor(Ledger, to).tell.receive(sum);
    return receipt;
  }

  @Handle() receive(sum: number): void {
    this.paid -= sum;
  }

  @Handle({ readOnly: true }) summary(): { owed: Map<string, number>; since: Date | null; paid: number } {
    return { owed: this.owed, since: this.since, paid: this.paid };
  }

  @SideEffect() protected transfer(to: string, sum: number): Promise<string> {
    return Promise.resolve(`${sum} to ${to}`);
  }
}

/** Two lives of one application: what they answered. */
async function runOn(storage: string): Promise<unknown> {
  const answers: unknown[] = [];
  const live = async (use: (ledgers: ActorClient<Ledger>, system: ActorSystem) => Promise<void>): Promise<void> => {
    const module = await Test.createTestingModule({
      imports: [PlexSpacesModule.forRoot({ storage }), PlexSpacesModule.forFeature([Ledger])],
    }).compile();
    module.useLogger(false);
    await module.init();
    try {
      await use(module.get(getActorToken(Ledger)), module.get(ActorSystem));
    } finally {
      await module.close();
    }
  };
  const bob = 'bob / ünïcode';
  await live(async (ledgers) => {
    const ann = ledgers.ref('ann');
    for (const [to, sum] of [
      ['eve', 5],
      [bob, 7],
      ['eve', 1],
    ] as const)
      answers.push(await ann.ask.owe(to, sum));
    answers.push(await ann.with({ idempotencyKey: 'once' }).ask.pay('eve'));
    answers.push(await ann.with({ idempotencyKey: 'once' }).ask.pay('eve'));
    await ann.tell.owe(bob, 3);
    answers.push(await ann.ask.summary());
  });
  if (storage === 'memory:') return answers; // gone with its process
  await live(async (ledgers, system) => {
    const ann = ledgers.ref('ann');
    answers.push(await ann.with({ idempotencyKey: 'once' }).ask.pay('eve'));
    answers.push(await ann.ask.pay(bob));
    while (!system.isIdle) await new Promise(setImmediate); // what was sent has arrived
    answers.push(await ledgers.ref('eve').ask.summary(), await ledgers.ref(bob).ask.summary());
    const kinds = [];
    for await (const { kind } of system.journal.replayFrom(ann.actorId, 1)) kinds.push(kind);
    answers.push(kinds);
  });
  return answers;
}

describe('one and the same application', () => {
  const schema = `backends_${process.pid}`;
  const server = postgresServer();
  let folder: string;
  let redis: PrivateRedis | undefined;
  let expected: readonly unknown[];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'backends-'));
    if (redisBinary() !== undefined) redis = await PrivateRedis.start();
    expected = (await runOn(`sqlite:${join(folder, 'journal.db')}`)) as unknown[];
  });
  afterAll(async () => {
    await redis?.destroy();
    if (server !== undefined) {
      const client = new Client(server.url.href);
      await client.connect();
      await client.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`);
      await client.end();
    }
    await rm(folder, { recursive: true });
  });

  it('answers on SQLite', () => {
    expect(expected.slice(0, 5)).toEqual([1, 2, 2, '6 to eve', '6 to eve']);
    expect(expected.slice(6, 8)).toEqual(['6 to eve', `10 to bob / ünïcode`]);
  });

  it('[ST12] answers alike in memory', async () => {
    const answers = (await runOn('memory:')) as unknown[];
    expect(answers).toEqual(expected.slice(0, answers.length));
  });

  (server === undefined ? it.skip : it)(
    '[FI-DU01] [ST05] [ST12] answers alike on Postgres, by its URL alone',
    async () => {
      const { url } = server as NonNullable<typeof server>;
      expect(await runOn(`${url.href}?schema=${schema}`)).toEqual(expected);
    },
  );

  (redisBinary() === undefined ? it.skip : it)(
    '[FI-DU01] [ST06] [ST12] answers alike on Redis, by its URL alone',
    async () => {
      expect(await runOn((redis as PrivateRedis).url)).toEqual(expected);
    },
  );
});
