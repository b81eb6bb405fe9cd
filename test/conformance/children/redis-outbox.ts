import { RedisStorage } from '#storage/redis';
import { append, NEW, rowFor } from '../../../libs/testing/src/conformance/builders';

/** Sends from one actor to many others, wherever their slots lie, and says what is acknowledged; a failpoint ends it. */
async function main(urls: readonly string[]): Promise<void> {
  const { journal } = await RedisStorage.open({ url: urls });
  for (let i = 0, head = NEW; ; i++) {
    const sends = Array.from({ length: 6 }, (_, k) => rowFor(`receiver ${k}`, `m${i}`));
    const [outcome] = await journal.flush([append('sender', head, [`entry ${i}`], { sends })]);
    if (outcome?.kind !== 'committed') throw new Error(JSON.stringify(outcome));
    head = outcome.head;
    process.stdout.write(`ack ${i}\n`);
  }
}

void main(process.argv[2]?.split(',') ?? []);
