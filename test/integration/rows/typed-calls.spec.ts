import type { ActorRows } from 'plexspaces';
import { EntitySchema, In, IsNull, MoreThanOrEqual, Not } from 'typeorm';
import { Invoice, Stock } from './shop';
const Note = new EntitySchema<{ id: number; text: string; at: Date | null }>({
  name: 'Note',
  columns: { id: { type: 'integer', primary: true }, text: { type: 'text' }, at: { type: 'datetime', nullable: true } },
});
/** What an editor and `tsc` say of these calls is the test; `npm run typecheck` fails when one of the comments is not needed. */
function use(rows: ActorRows): void {
  rows.update(Stock, { sku: 'a', quantity: MoreThanOrEqual(1) }, { quantity: () => 'q - 1' }, { expect: 1 });
  rows.update(Invoice, { item: { sku: 'a' }, id: In(['a']), status: Not(IsNull()) }, { item: null });
  rows.insert(Note, { id: 1, text: 'a', at: new Date(0) });
  rows.insert(Note, [
    { id: 1, text: 'a' },
    { id: 2, text: 'b' },
  ]);
  rows.upsert(Note, { id: 1, text: 'a' }, { by: ['id'] });
  rows.delete('Note', { anything: 1 });
  // @ts-expect-error a misspelt property
  rows.insert(Stock, { skuu: 'a' });
  // @ts-expect-error a text for a number
  rows.update(Stock, { sku: 'a' }, { quantity: 'many' });
  // @ts-expect-error no property of it
  rows.upsert(Stock, { sku: 'a' }, { by: ['nothing'] });
  // @ts-expect-error a misspelt criterion
  rows.delete(Stock, { skuu: 'a' });
  // @ts-expect-error null is no criterion
  rows.delete(Stock, { sku: null });
}

it('calls of ctx.rows are checked against the entity they are about', () => {
  const calls: string[] = [];
  use(new Proxy({} as ActorRows, { get: (_, method) => () => void calls.push(String(method)) }));
  expect(calls).toHaveLength(11);
});
