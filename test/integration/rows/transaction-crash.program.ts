import 'reflect-metadata';
import { Logger } from '@nestjs/common';
import { ActorSystem } from 'plexspaces';
import { databaseNamed } from './databases';
import { Invoice, Log, Shop } from './shop';

// An application whose own transactions write a row and tell two actors; every third is rolled back:
//   transaction-crash.program.ts <database> <place> run|look
// It goes on where the rows end. `look` prints what is there when all that was accepted has run.

const TRANSACTIONS = 12;

async function main([name, place, mode]: readonly string[]): Promise<void> {
  Logger.overrideLogger(false);
  const database = databaseNamed(name as string);
  const shop = await Shop.open(place, { actors: [Log], database });
  const tell = (transaction: object, key: string, line: string): Promise<void> =>
    shop.ref(Log, key).with({ transaction: transaction }).tell.add(line);
  if (mode === 'run')
    for (let i = 0; i < TRANSACTIONS; i++) {
      const id = `${i}`.padStart(3, '0');
      const isUndone = i % 3 === 2;
      const done = shop.dataSource.transaction(async (em) => {
        await tell(em, 'a', id);
        await em.insert(Invoice, { id });
        await tell(em, 'b', id);
        if (isUndone) throw new Error('no');
      });
      await done.catch((error: unknown) => {
        if (!isUndone) throw error;
      });
    }
  const rows = await shop.invoices();
  const read = (): Promise<string[][]> => Promise.all(['a', 'b'].map((key) => shop.ref(Log, key).ask.all()));
  const system = shop.module.get(ActorSystem);
  let lines = await read();
  // An owner that has taken over is asked before it has found what waits: it gets some seconds to.
  for (let i = 0; i < 200 && (!system.isIdle || lines.some(({ length }) => length < rows.length)); i++) {
    await new Promise((resolve) => setTimeout(resolve, 25));
    lines = await read();
  }
  process.stdout.write(JSON.stringify({ rows, a: lines[0], b: lines[1] }));
  await shop.close();
}

void main(process.argv.slice(2));
