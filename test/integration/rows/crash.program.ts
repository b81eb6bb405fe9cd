import 'reflect-metadata';
import { Logger } from '@nestjs/common';
import { databaseNamed } from './databases';
import { Seller, Shop } from './shop';

// An application with a turn that writes rows and has an effect, beside a neighbour whose rows are always rejected:
//   crash.program.ts <database> <place>
// Each call carries the same idempotency keys, as a client that repeats what it got no answer to. Prints what there is.

async function main(): Promise<void> {
  Logger.overrideLogger(false);
  const [name, place] = process.argv.slice(2) as [string, string];
  const shop = await Shop.open(place, { database: databaseNamed(name) });
  if ((await shop.stock())['a'] === undefined) await shop.add('a');
  const [sold, failed] = await Promise.allSettled([
    shop.ref(Seller).with({ idempotencyKey: 'sale' }).ask.sell('a', 'i1'),
    shop.ref(Seller, 'neighbour').with({ idempotencyKey: 'charge' }).ask.charge('nowhere'),
  ]);
  const archive = shop.ref(Seller, 'archive');
  while ((await archive.ask.total()) === 0) await new Promise((resolve) => setImmediate(resolve));
  const state = [await shop.ref(Seller).ask.total(), await archive.ask.total()];
  const answers = [
    sold.status === 'fulfilled' ? sold.value : String(sold.reason),
    failed.status === 'rejected' ? (failed.reason as { code?: unknown }).code : failed.value,
  ];
  process.stdout.write(JSON.stringify({ answers, state, stock: await shop.stock(), invoices: await shop.invoices() }));
  await shop.close();
}

void main();
