import { Test, type TestingModule } from '@nestjs/testing';
import {
  Actor,
  type ActorClient,
  type ActorContext,
  type ActorRef,
  Ctx,
  Handle,
  PlexSpacesModule,
  UseFacets,
  durability,
  getActorToken,
  virtualActor,
} from 'plexspaces';
import { TypeormStorageModule } from 'plexspaces/typeorm';
import { Column, DataSource, Entity, PrimaryColumn } from 'typeorm';
import { postgresServer } from '../../support/servers/postgres-server';
import { describeWith } from '../../support/servers/test-server';
import { postgres } from './postgres-database';

// What ctx.rows stores on Postgres is, column by column, what a repository of the application would have stored.

interface Money {
  readonly cents: bigint;
}
const money = {
  to: (value: Money | null) => value && `${value.cents / 100n}.${String(value.cents % 100n).padStart(2, '0')}`,
  from: (value: string | null) => value && { cents: BigInt(value.replace('.', '')) },
};

@Entity('samples')
class Sample {
  @PrimaryColumn()
  id!: string;
  @Column({ type: 'timestamptz', nullable: true })
  instant?: Date | string | null;
  @Column({ type: 'timestamp', nullable: true })
  wallTime?: Date | null;
  @Column({ type: 'timestamptz', precision: 0, nullable: true })
  second?: Date | null;
  @Column({ type: 'date', nullable: true })
  day?: string | Date | null;
  @Column({ type: 'time', nullable: true })
  time?: string | null;
  @Column({ type: 'interval', nullable: true })
  span?: unknown;
  @Column({ type: 'json', nullable: true })
  json?: unknown;
  @Column({ type: 'jsonb', nullable: true })
  jsonb?: unknown;
  @Column({ type: 'simple-json', nullable: true })
  simpleJson?: unknown;
  @Column({ type: 'simple-array', nullable: true })
  simpleArray?: string[] | null;
  @Column({ type: 'text', array: true, nullable: true })
  texts?: (string | null)[] | string[][] | null;
  @Column({ type: 'int', array: true, nullable: true })
  numbers?: (number | null)[] | number[][] | null;
  @Column({ type: 'bigint', array: true, nullable: true })
  bigints?: (string | bigint)[] | null;
  @Column({ type: 'boolean', array: true, nullable: true })
  flags?: boolean[] | null;
  @Column({ type: 'timestamptz', array: true, nullable: true })
  instants?: Date[] | null;
  @Column({ type: 'bytea', array: true, nullable: true })
  blobs?: Buffer[] | null;
  @Column({ type: 'uuid', nullable: true })
  uuid?: string | null;
  @Column({ type: 'uuid', array: true, nullable: true })
  uuids?: string[] | null;
  @Column({ type: 'enum', enum: ['open', 'it\'s "done"'], nullable: true })
  status?: string | null;
  @Column({ type: 'enum', enum: ['red', 'gr,een', 'b\\lue'], array: true, nullable: true })
  colours?: string[] | null;
  @Column({ type: 'numeric', precision: 40, scale: 10, nullable: true })
  exact?: string | number | null;
  @Column({ type: 'numeric', precision: 12, scale: 2, nullable: true, transformer: money })
  price?: Money | null;
  @Column({ type: 'double precision', nullable: true })
  ratio?: number | null;
  @Column({ type: 'real', nullable: true })
  roughly?: number | null;
  @Column({ type: 'bigint', nullable: true })
  big?: string | bigint | number | null;
  @Column({ type: 'smallint', nullable: true })
  small?: number | null;
  @Column({ type: 'bytea', nullable: true })
  bytes?: Buffer | Uint8Array | null;
  @Column({ type: 'boolean', nullable: true })
  flag?: boolean | null;
  @Column({ nullable: true })
  plainFlag?: boolean;
  @Column({ nullable: true })
  plainDate?: Date;
  @Column({ type: 'text', nullable: true })
  text?: string | null;
  @Column({ type: 'inet', nullable: true })
  address?: string | null;
  @Column({ type: 'point', nullable: true })
  point?: { x: number; y: number } | null;
  @Column({ type: 'int4range', nullable: true })
  range?: string | null;
  @Column({ type: 'text', default: 'by default' })
  given?: string;
}

type Values = Omit<Partial<Sample>, 'id'>;

const at = new Date('2026-02-03T04:05:06.789Z');
const UUID = 'f47ac10b-58cc-4372-a567-0e02b2c3d479';
const nasty = ['', 'a,b', '"', '\\', "it's", '{}', 'NULL', ' blank ', 'ünï😀\n'];

const SAMPLES: [name: string, values: Values][] = [
  ['timestamptz', { instant: at }],
  ['timestamptz before 1970, and before the time zone had whole hours', { instant: new Date('1883-01-01T00:00:00Z') }],
  ['timestamptz of year 1', { instant: new Date('0001-12-31T23:59:59.999Z') }],
  ['timestamptz before Christ', { instant: new Date('-000043-03-15T12:00:00Z') }],
  ['timestamptz far ahead', { instant: new Date('9999-12-31T23:59:59.999Z') }],
  ['timestamptz as text', { instant: '2026-02-03T04:05:06.789+05:30' }],
  ['timestamp', { wallTime: at }],
  ['timestamp in summer', { wallTime: new Date('2026-07-03T04:05:06Z') }],
  ['timestamptz of whole seconds', { second: at }],
  ['date', { day: '2026-02-28' }],
  ['date from a Date', { day: at }],
  ['time', { time: '04:05:06' }],
  ['interval', { span: '1 day 02:03:04' }],
  ['json', { json: { a: [1, null, 'x', { b: true }], c: 1.5 } }],
  ['json: a list', { json: [1, 2] }],
  ['json: a text', { json: 'text "quoted" \\' }],
  ['json: a number, true, false', { json: 0, jsonb: true, simpleJson: false }],
  ['jsonb', { jsonb: { nested: { list: [[], {}] }, text: nasty } }],
  ['jsonb: a list', { jsonb: nasty }],
  ['jsonb: a Date in it', { jsonb: { at } }],
  ['simple-json', { simpleJson: { a: [1] } }],
  ['simple-array', { simpleArray: ['a', 'b'] }],
  ['text[]', { texts: nasty }],
  ['text[]: none', { texts: [] }],
  ['text[]: null in it', { texts: ['a', null, 'null'] }],
  [
    'text[][]',
    {
      texts: [
        ['a', 'b,c'],
        ['"', '\\'],
      ],
    },
  ],
  ['int[]', { numbers: [1, -2, null] }],
  [
    'int[][]',
    {
      numbers: [
        [1, 2],
        [3, 4],
      ],
    },
  ],
  ['bigint[]', { bigints: ['9007199254740993', 9_007_199_254_740_995n] }],
  ['boolean[]', { flags: [true, false] }],
  ['timestamptz[]', { instants: [at, new Date(0)] }],
  ['bytea[]', { blobs: [Buffer.from([0, 1, 255]), Buffer.alloc(0)] }],
  ['uuid', { uuid: UUID.toUpperCase() }],
  ['uuid[]', { uuids: [UUID] }],
  ['enum', { status: 'it\'s "done"' }],
  ['enum[]', { colours: ['gr,een', 'b\\lue'] }],
  ['numeric as text', { exact: '123456789012345678901234567890.0123456789' }],
  ['numeric as a number', { exact: 0.1 }],
  ['numeric as a small and a great number', { exact: 1e-7, ratio: 1e300 }],
  ['numeric through a transformer', { price: { cents: 123_456_789n } }],
  ['double precision', { ratio: Math.PI }],
  ['double precision: -0', { ratio: -0 }],
  ['double precision: NaN', { ratio: Number.NaN }],
  ['double precision: -Infinity', { ratio: -Infinity }],
  ['real', { roughly: 0.1 }],
  ['bigint as text', { big: '9223372036854775807' }],
  ['bigint as a bigint', { big: -(2n ** 63n) }],
  ['bigint as a number', { big: 42 }],
  ['smallint', { small: -32_768 }],
  ['bytea', { bytes: Buffer.from(Array.from({ length: 256 }, (_, i) => i)) }],
  ['bytea: nothing', { bytes: Buffer.alloc(0) }],
  ['bytea: a part of a longer array', { bytes: new Uint8Array([9, 1, 2, 9]).subarray(1, 3) }],
  ['boolean: true', { flag: true, plainFlag: true }],
  ['boolean: false', { flag: false, plainFlag: false }],
  ['a column of type Date', { plainDate: at }],
  ['text', { text: nasty.join('|') }],
  ['text that looks like a parameter', { text: ':id $1 ? ${x}' }],
  ['inet', { address: '10.0.0.1' }],
  ['point', { point: { x: 1.5, y: -2 } }],
  ['a range', { range: '[1,5)' }],
  [
    'null',
    {
      instant: null,
      json: null,
      jsonb: null,
      texts: null,
      uuid: null,
      status: null,
      price: null,
      big: null,
      bytes: null,
      flag: null,
    },
  ],
  ['what is given in place of a default', { given: 'by hand' }],
];

/** Writes what a test hands over: the values need not be encodable by the journal. */
@Actor({ type: 'writer' })
@UseFacets(durability(), virtualActor())
class Writer {
  static values: Values = {};

  @Handle()
  insert(id: string, @Ctx() ctx: ActorContext): void {
    ctx.rows.insert(Sample, { id, ...Writer.values });
  }

  @Handle()
  upsert(id: string, @Ctx() ctx: ActorContext): void {
    ctx.rows.upsert(Sample, { id, ...Writer.values });
  }

  @Handle()
  update(id: string, @Ctx() ctx: ActorContext): void {
    ctx.rows.update(Sample, { id }, Writer.values, { expect: 1 });
  }

  @Handle()
  remove(id: string, @Ctx() ctx: ActorContext): void {
    ctx.rows.delete(Sample, { id, ...Writer.values } as never, { expect: 1 });
  }
}

describeWith(postgresServer(), 'values of ctx.rows on Postgres', ({ url }) => {
  const database = postgres as NonNullable<typeof postgres>;
  let schema: string;
  let dataSource: DataSource;
  let module: TestingModule;
  let writer: ActorRef<Writer>;

  beforeAll(async () => {
    schema = await database.fresh();
    dataSource = await new DataSource({
      type: 'postgres',
      url: url.href,
      schema,
      entities: [Sample],
      synchronize: true,
    }).initialize();
    const storage = TypeormStorageModule.postgres(url.href, { schema, dataSource, durability: 'relaxed' });
    module = await Test.createTestingModule({
      imports: [PlexSpacesModule.forRoot({ development: false, storage }), PlexSpacesModule.forFeature([Writer])],
    }).compile();
    await module.init();
    writer = module.get<ActorClient<Writer>>(getActorToken(Writer)).ref('w');
  });

  afterAll(async () => {
    await module.close();
    await dataSource.destroy();
    await database.remove();
  });

  beforeEach(() => dataSource.getRepository(Sample).deleteAll());

  /** As the application reads it, and as the server shows it. */
  const stored = async (id: string): Promise<unknown[]> => {
    const [entity, [text]] = await Promise.all([
      dataSource.getRepository(Sample).findOneByOrFail({ id }),
      dataSource.query<{ row: string }[]>(
        `SELECT (t - 'id')::text AS row FROM (SELECT to_jsonb(s) AS t
        FROM ${schema}.samples s WHERE id = $1) AS _`,
        [id],
      ),
    ]);
    return [{ ...entity, id: '' }, text];
  };

  describe.each(SAMPLES)('%s', (_, values) => {
    beforeEach(() => {
      Writer.values = values;
    });

    it('is inserted and upserted as a repository would', async () => {
      const repository = dataSource.getRepository(Sample);
      await repository.insert({ id: 'theirs', ...values } as never);
      await writer.ask.insert('inserted');
      await repository.insert({ id: 'upserted', text: 'before', flag: true });
      await repository.insert({ id: 'upserted by them', text: 'before', flag: true });
      await repository.upsert({ id: 'upserted by them', ...values } as never, ['id']);
      await writer.ask.upsert('upserted');
      expect(await stored('inserted')).toEqual(await stored('theirs'));
      expect(await stored('upserted')).toEqual(await stored('upserted by them'));
    });

    it('is updated as a repository would', async () => {
      const repository = dataSource.getRepository(Sample);
      await repository.insert([{ id: 'ours' }, { id: 'theirs' }]);
      await repository.update({ id: 'theirs' }, values as never);
      await writer.ask.update('ours');
      expect(await stored('ours')).toEqual(await stored('theirs'));
    });
  });

  it.each<[string, Values]>(
    SAMPLES.filter(([name]) =>
      /^(timestamptz|timestamp|uuid|enum|bytea|boolean: false|text\[\]|bigint as a bigint)$/.test(name),
    ),
  )('finds a row by %s', async (_, values) => {
    await dataSource.getRepository(Sample).insert({ id: 'a', ...values } as never);
    Writer.values = values;
    await writer.ask.remove('a');
    await expect(dataSource.getRepository(Sample).count()).resolves.toBe(0);
  });

  it.each<[string, Values, string]>([
    ['a date that is none', { instant: new Date(Number.NaN) }, 'PS_INVALID_ROWS'],
    ['text with NUL', { text: 'a\0b' }, 'PS_INVALID_ROWS'],
    ['a lone surrogate', { text: 'a\ud800' }, 'PS_INVALID_ROWS'],
    ['an object for a text', { text: { a: 1 } as never }, 'PS_INVALID_ROWS'],
    ['jsonb with NUL in it', { jsonb: { a: 'a\0b' } }, 'PS_ROWS_REJECTED'],
    ['a uuid that is none', { uuid: 'x' }, 'PS_ROWS_REJECTED'],
    ['a member that the enum has not', { status: 'shut' }, 'PS_ROWS_REJECTED'],
    ['a number that is too great', { small: 32_768 }, 'PS_ROWS_REJECTED'],
    ['a bigint beyond 64 bits', { big: 2n ** 63n }, 'PS_ROWS_REJECTED'],
  ])('refuses %s, and the next turn commits', async (_, values, code) => {
    Writer.values = values;
    await expect(writer.ask.insert('a')).rejects.toMatchObject({ code });
    await expect(dataSource.getRepository(Sample).count()).resolves.toBe(0);
    Writer.values = {};
    await writer.ask.insert('a');
    await expect(dataSource.getRepository(Sample).count()).resolves.toBe(1);
  });
});
