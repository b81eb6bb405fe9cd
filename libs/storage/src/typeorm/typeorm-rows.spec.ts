import {
  Column,
  DataSource,
  Entity,
  EntitySchema,
  Equal,
  In,
  IsNull,
  JoinColumn,
  LessThan,
  ManyToOne,
  Not,
  OneToMany,
  PrimaryColumn,
  PrimaryGeneratedColumn,
  UpdateDateColumn,
  VersionColumn,
  ViewEntity,
  ViewColumn,
} from 'typeorm';
import type { RowRequest, RowStatement } from '#spi';
import { SQLITE_ENTITY_SCHEMAS } from './sqlite.entity-schema';
import { TypeormRows } from './typeorm-rows';

/** Money as text, so that a value which was not transformed is seen at once. */
const cents = { to: (value: number) => `${value} ct`, from: (value: string) => Number.parseInt(value, 10) };

class Address {
  @Column({ name: 'street_name' })
  street!: string;
  @Column({ type: 'text', nullable: true })
  town!: string | null;
}

@Entity('customers')
class Customer {
  @PrimaryColumn()
  id!: number;
  @Column({ unique: true })
  email!: string;
  @Column(() => Address)
  address!: Address;
  @OneToMany('Invoice', 'customer')
  invoices!: unknown[];
}

@Entity('invoices')
class Invoice {
  @PrimaryGeneratedColumn('uuid')
  id!: string;
  @Column({ name: 'amount_in_cents', type: 'text', transformer: cents })
  amount!: number;
  @Column({ default: 'open' })
  status!: string;
  @Column({ type: 'boolean', default: false })
  paid!: boolean;
  @Column({ type: 'datetime', nullable: true })
  due!: Date | null;
  @Column({ type: 'simple-json', nullable: true })
  lines!: unknown;
  @Column({ type: 'blob', nullable: true })
  scan!: Uint8Array | null;
  @ManyToOne(() => Customer)
  @JoinColumn({ name: 'customer_id' })
  customer!: Customer;
}

@Entity()
class Counted {
  @PrimaryGeneratedColumn()
  id!: number;
  @Column({ type: 'bigint', nullable: true })
  big!: bigint | null;
  @Column({ type: 'real', nullable: true })
  ratio!: number | null;
  @VersionColumn()
  version!: number;
  @UpdateDateColumn()
  changed!: Date;
}

@ViewEntity({ expression: 'SELECT id FROM customers' })
class Ids {
  @ViewColumn()
  id!: number;
}

@Entity({ database: '/tmp/elsewhere.db' })
class Elsewhere {
  @PrimaryColumn()
  id!: number;
}

const Note = new EntitySchema<{ id: number; text: string }>({
  name: 'Note',
  columns: { id: { type: 'integer', primary: true }, text: { type: 'text' } },
});

class Unknown {}

const options = { type: 'better-sqlite3', database: ':memory:', synchronize: true } as const;
const dataSource = new DataSource({ ...options, entities: [Customer, Invoice, Counted, Ids, Note] });
let drawn = 0;
const uuid = (): string => `00000000-0000-4000-8000-${String(++drawn).padStart(12, '0')}`;
const rows = new TypeormRows(dataSource, 'journal.db');

const compile = (request: RowRequest, expect: number | null = null): RowStatement =>
  rows.compile(request, expect, uuid);
const insert = (entity: unknown, ...values: object[]) => compile({ operation: 'insert', entity, values });
const upsert = (entity: unknown, by: string[] | null, ...values: object[]) =>
  compile({ operation: 'upsert', entity, values, by });
const update = (entity: unknown, criteria: object, changes: object) =>
  compile({ operation: 'update', entity, criteria, changes });
const remove = (entity: unknown, criteria: object) => compile({ operation: 'delete', entity, criteria });

/** As the store's worker does it. */
async function run(...statements: RowStatement[]): Promise<void> {
  for (const { sql, params } of statements) await dataSource.query(sql, [...params]);
}

const ann = { id: 1, email: 'ann@example.org', address: { street: 'High St', town: null } };

beforeAll(() => dataSource.initialize());
afterAll(() => dataSource.destroy());
beforeEach(async () => {
  drawn = 0;
  for (const entity of [Invoice, Customer, Counted, Note]) await dataSource.getRepository(entity).deleteAll();
});

describe('statements of ctx.rows', () => {
  it('insert under the names of columns, embedded objects included', () => {
    expect(insert(Customer, ann)).toEqual({
      entity: 'Customer',
      operation: 'insert',
      sql: 'INSERT INTO "customers"("id", "email", "addressStreet_name", "addressTown") VALUES (1, ?, ?, ?)',
      params: ['ann@example.org', 'High St', null],
      expect: null,
    });
  });

  it('insert what TypeORM would have read back: transformers, dates, booleans, JSON, bytes, relations, defaults', async () => {
    const due = new Date('2026-02-03T04:05:06.789Z');
    const scan = Buffer.from('scan');
    await run(
      insert(Customer, ann),
      insert(Invoice, { amount: 250, due, lines: [{ sku: 'a' }], scan, customer: { id: 1 } }),
    );
    const repository = dataSource.getRepository(Invoice);
    expect(await dataSource.query('SELECT amount_in_cents FROM invoices')).toEqual([{ amount_in_cents: '250 ct' }]);
    expect(await repository.find({ relations: { customer: true } })).toEqual([
      {
        id: '00000000-0000-4000-8000-000000000001',
        amount: 250,
        status: 'open',
        paid: false,
        due,
        lines: [{ sku: 'a' }],
        scan,
        customer: ann,
      },
    ]);
  });

  it('insert several rows in one statement, also of a class instance or by EntitySchema or name', async () => {
    await run(insert(Note, { id: 1, text: 'a' }, Object.assign(Object.create(null) as object, { id: 2, text: 'b' })));
    await run(insert('Note', { id: 3, text: 'c' }), insert(Customer, Object.assign(new Customer(), ann)));
    expect(await dataSource.getRepository(Note).count()).toBe(3);
    expect(await dataSource.getRepository(Customer).count()).toBe(1);
  });

  it('leave what they were given as it was, and keep a copy of bytes', () => {
    const scan = Buffer.from('scan');
    const values = { amount: 1, scan };
    const { params } = insert(Invoice, values);
    scan.fill(0);
    expect(Object.keys(values)).toEqual(['amount', 'scan']);
    expect(params.filter((param) => param instanceof Uint8Array)).toEqual([new Uint8Array(Buffer.from('scan'))]);
  });

  it('draw generated UUIDs from the turn, and leave generated numbers to the database', async () => {
    expect(insert(Invoice, { amount: 1 }).params).toContain('00000000-0000-4000-8000-000000000001');
    expect(insert(Invoice, { id: 'mine', amount: 1 }).params).toContain('mine');
    expect(drawn).toBe(1);
    await run(insert(Counted, { ratio: 1 }), insert(Counted, { ratio: 2 }));
    const [first, second] = await dataSource.getRepository(Counted).find({ order: { id: 'ASC' } });
    expect(second!.id).toBe(first!.id + 1);
    expect(first!.version).toBe(1);
  });

  it('upsert by primary key or by another unique property, and overwrite only what is given', async () => {
    await run(insert(Customer, { ...ann, address: { street: 'High St', town: 'Ely' } }));
    await run(upsert(Customer, null, { id: 1, email: 'ann@example.net', address: { street: 'Low St' } }));
    await run(upsert(Customer, ['email'], { id: 7, email: 'ann@example.net', address: { street: 'Mid St' } }));
    await run(upsert(Customer, ['email'], { id: 8, email: 'bob@example.net', address: { street: 'Bob St' } }));
    expect(await dataSource.getRepository(Customer).find({ order: { email: 'ASC' } })).toEqual([
      { id: 7, email: 'ann@example.net', address: { street: 'Mid St', town: 'Ely' } },
      { id: 8, email: 'bob@example.net', address: { street: 'Bob St', town: null } },
    ]);
  });

  it('update by properties, operators, relations and SQL', async () => {
    await run(insert(Customer, ann), insert(Customer, { ...ann, id: 2, email: 'bob' }));
    await run(
      insert(Invoice, { id: 'a', amount: 1, customer: { id: 1 } }, { id: 'b', amount: 2, customer: { id: 2 } }),
    );
    await run(update(Invoice, { customer: { id: 2 }, due: IsNull() }, { paid: true, status: undefined }));
    await run(
      update(Invoice, { id: In(['a', 'b']), paid: false, status: Not(IsNull()) }, { status: () => "status || '!'" }),
    );
    await run(update(Customer, { address: { street: 'High St' }, id: LessThan(2) }, { address: { town: 'Ely' } }));
    const states = await dataSource.query('SELECT id, status, paid FROM invoices ORDER BY id');
    expect(states).toEqual([
      { id: 'a', status: 'open!', paid: 0 },
      { id: 'b', status: 'open', paid: 1 },
    ]);
    expect(await dataSource.query('SELECT addressTown AS town FROM customers ORDER BY id')).toEqual([
      { town: 'Ely' },
      { town: null },
    ]);
  });

  it('update raises the version, as TypeORM does', async () => {
    await run(insert(Counted, { ratio: 1 }), update(Counted, { ratio: 1 }, { ratio: 2 }));
    expect(await dataSource.getRepository(Counted).findOneBy({ ratio: 2 })).toMatchObject({ version: 2 });
  });

  it('delete by criteria', async () => {
    await run(insert(Note, { id: 1, text: 'a' }, { id: 2, text: 'b' }), remove(Note, { text: 'a' }));
    expect(await dataSource.getRepository(Note).find()).toEqual([{ id: 2, text: 'b' }]);
  });

  it('carry the count they must touch', () => {
    expect(compile({ operation: 'delete', entity: Note, criteria: { id: 1 } }, 1).expect).toBe(1);
  });

  it('keep 64 bits of a bigint', async () => {
    await run(insert(Counted, { big: 9_007_199_254_740_993n }));
    expect(await dataSource.query('SELECT CAST(big AS text) AS big FROM counted')).toEqual([
      { big: '9007199254740993' },
    ]);
  });

  it.each<[string, () => unknown, RegExp]>([
    ['a class that is no entity', () => insert(Unknown, { id: 1 }), /of Unknown is about no entity/],
    ['a name of no entity', () => insert('Nothing', { id: 1 }), /of Nothing is about no entity/],
    ['nothing as an entity', () => insert(undefined, { id: 1 }), /of undefined is about no entity/],
    ['a view', () => insert(Ids, { id: 1 }), /is about a view/],
    ['no rows', () => insert(Note), /was given no rows/],
    ['an empty row', () => insert(Note, {}), /was given no property/],
    ['null for a row', () => insert(Note, null as never), /no object of properties/],
    ['a misspelt property', () => insert(Note, { id: 1, txt: 'a' }), /given txt, which is no property/],
    ['a misspelt part', () => insert(Customer, { ...ann, address: { strt: 'x' } }), /address\.strt, which is no prop/],
    ['null for a part', () => insert(Customer, { ...ann, address: null }), /address, which has to be an object/],
    [
      'rows of the other side',
      () => insert(Customer, { ...ann, invoices: [] }),
      /invoices, which is stored in another/,
    ],
    ['a misspelt property of an update', () => update(Note, { id: 1 }, { txt: 'a' }), /txt, which is no property/],
    ['an update of nothing', () => update(Note, { id: 1 }, { text: undefined }), /was given no property/],
    ['no criteria', () => update(Note, {}, { text: 'a' }), /would match every row/],
    ['no criteria at all', () => remove(Note, undefined as never), /needs an object of properties as its criteria/],
    ['a list of criteria', () => remove(Note, [{ id: 1 }]), /needs an object of properties as its criteria/],
    ['an undefined criterion', () => remove(Note, { id: undefined }), /given id: undefined as a criterion/],
    ['an undefined criterion beside another', () => remove(Note, { id: 1, text: undefined }), /text: undefined/],
    ['a null criterion', () => remove(Note, { id: null }), /id: null as a criterion; say IsNull/],
    ['an undefined inside an operator', () => remove(Note, { id: Equal(undefined) }), /id: undefined/],
    ['an empty nested criterion', () => remove(Invoice, { customer: {} }), /nothing in customer, which would match/],
    ['an unknown criterion', () => remove(Note, { ident: 1 }), /cannot be compiled: Property "ident" was not found/],
    ['an upsert by an unknown property', () => upsert(Note, ['no'], { id: 1 }), /cannot be compiled: .*"no"/],
    ['an upsert without its key', () => upsert(Customer, ['email'], { id: 1 }), /a row without email/],
    ['an upsert without a generated key', () => upsert(Invoice, null, { amount: 1 }), /a row without id/],
    [
      'an upsert of uneven rows',
      () => upsert(Note, null, { id: 1, text: 'a' }, { id: 2 }),
      /given text in some rows only/,
    ],
    ['NaN', () => insert(Counted, { ratio: Number.NaN }), /cannot store NaN/],
    ['NaN in criteria', () => remove(Counted, { ratio: Number.NaN }), /cannot store NaN/],
    ['NaN in a list of criteria', () => remove(Counted, { ratio: In([1, Number.NaN]) }), /cannot store NaN/],
    ['Infinity', () => update(Counted, { id: 1 }, { ratio: Infinity }), /cannot store Infinity/],
    ['a bigint beyond 64 bits', () => insert(Counted, { big: 2n ** 63n }), /needs more than 64 bits/],
    ['an object for a text', () => insert(Note, { id: 1, text: { a: 1 } }), /a value of type Object/],
    ['a symbol for a text', () => insert(Note, { id: 1, text: Symbol('a') }), /a value of type symbol/],
    ['a lone surrogate', () => insert(Note, { id: 1, text: 'a\ud800' }), /not valid Unicode/],
  ])('are refused for %s', (_, call, reason) => {
    expect(call).toThrow(
      expect.objectContaining({ code: 'PS_INVALID_ROWS', message: expect.stringMatching(reason) as string }),
    );
  });

  it('are refused for tables of the journal, which only the store writes', async () => {
    const own = await new DataSource({ ...options, entities: SQLITE_ENTITY_SCHEMAS, synchronize: false }).initialize();
    const request = { operation: 'delete', entity: 'PlexSpacesInbox', criteria: { id: 'm' } } as const;
    expect(() => new TypeormRows(own, 'journal.db').compile(request, null, uuid)).toThrow(/ps_inbox, which belongs to/);
    await own.destroy();
  });

  it('are refused for an attached database, and before the DataSource is initialized', async () => {
    const other = new DataSource({ ...options, entities: [Elsewhere], synchronize: false });
    const compiler = new TypeormRows(other, 'journal.db');
    const request = { operation: 'insert', entity: Elsewhere, values: [{ id: 1 }] } as const;
    expect(() => compiler.compile(request, null, uuid)).toThrow(
      expect.objectContaining({
        code: 'PS_ROWS_DATABASE',
        message: expect.stringContaining('not initialized') as string,
      }),
    );
    await other.initialize();
    expect(() => compiler.compile(request, null, uuid)).toThrow(
      expect.objectContaining({
        code: 'PS_ROWS_DATABASE',
        message: expect.stringContaining('lies in the attached database /tmp/elsewhere.db') as string,
      }),
    );
    await other.destroy();
  });

  it('never run anything on the DataSource', () => {
    const createQueryRunner = jest.spyOn(dataSource, 'createQueryRunner');
    insert(Note, { id: 1, text: 'a' });
    upsert(Note, null, { id: 1, text: 'a' });
    update(Note, { id: 1 }, { text: 'a' });
    remove(Note, { id: 1 });
    expect(createQueryRunner).not.toHaveBeenCalled();
    createQueryRunner.mockRestore();
  });
});
