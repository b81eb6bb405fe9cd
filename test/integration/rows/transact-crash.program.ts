import 'reflect-metadata';
import { Logger } from '@nestjs/common';
import { databaseNamed } from './databases';
import { Log, Shop, Till } from './shop';

// An application whose turns end in transactions of its own, each asked for under a key, as a client that repeats what it got
// no answer to:   transact-crash.program.ts <database> <place> <dies inside the n-th>
// Prints what there is.

const TURNS = 3;

async function main([name, place, deadly]: readonly string[]): Promise<void> {
  Logger.overrideLogger(false);
  const shop = await Shop.open(place, { actors: [Till, Log], database: databaseNamed(name as string) });
  if ((await shop.stock())['a'] === undefined) await shop.add('a');
  Till.inside = () => {
    if (Till.runs === Number(deadly)) process.kill(process.pid, 'SIGKILL');
    return Promise.resolve();
  };
  const answers: unknown[] = [];
  for (let i = 0; i < TURNS; i++)
    answers.push(
      await shop
        .ref(Till)
        .with({ idempotencyKey: `take ${i}` })
        .ask.take('a'),
    );
  const log = shop.ref(Log, 'till');
  while ((await log.ask.behind()).length < TURNS) await new Promise((resolve) => setImmediate(resolve));
  const taken = await shop.ref(Till).ask.bump();
  const { ok } = await shop.ref(Till).history.verify();
  const [stock, invoices] = [await shop.stock(), await shop.invoices()];
  process.stdout.write(JSON.stringify({ answers, taken, stock, invoices, log: await log.ask.behind(), ok }));
  await shop.close();
}

void main(process.argv.slice(2));
