import { DurableCounter } from '../app/actors';
import { startOn } from '../app/start-app';
import { watchFlushes } from '../app/watch-flushes';
import type { Store } from '../servers/store';
import type { AppendWrite } from 'plexspaces/spi';

/** One append as rows: what the raw store writes again and again. Only ids and sequence numbers change. */
export interface AppendShape {
  /** Entries in the frame, and its bytes. */
  readonly entries: number;
  readonly frameBytes: number;
  readonly inbox: readonly InboxShape[];
}

/** `ended`: a row that is inserted with its answer. `open`: a row that is inserted with its message. `end`: the open one gets its answer. */
export interface InboxShape {
  readonly op: 'ended' | 'open' | 'end';
  readonly idLength: number;
  readonly argsHash: string;
  readonly bytes: number;
}

/** Length of a frame's own field per entry. */
const LENGTH_BYTES = 4;

/**
 * Makes the tables and handles a few messages, so that the raw store writes into the very tables, and for each
 * message the very number of rows and bytes, of a durable ask. @returns the appends of one ask, in order
 */
export async function recordTurn(store: Store, method: 'add' | 'addRated'): Promise<readonly AppendShape[]> {
  const app = await startOn(store, DurableCounter);
  const ref = app.client(DurableCounter).ref('recorded');
  for (let i = 0; i < 200; i++) await ref.ask[method](1); // past the first activation and one-digit numbers
  const flushes = watchFlushes(app.storage);
  flushes.recorded = [];
  await ref.ask[method](1);
  const shapes = flushes.recorded.filter((write) => write.kind === 'append').map(shapeOf);
  await app.close();
  if (shapes.length === 0) throw new Error('A durable ask wrote nothing.');
  return shapes;
}

function shapeOf({ entries, inbox }: AppendWrite): AppendShape {
  return {
    entries: entries.length,
    frameBytes: entries.reduce((sum, { bytes }) => sum + LENGTH_BYTES + bytes.length, 0),
    inbox: inbox.map((change): InboxShape => {
      if (change.op === 'attempt' || change.op === 'revive' || (change.op === 'open' && change.row === null))
        throw new Error(`An ask is not expected to make the inbox change "${change.op}".`);
      if (change.op === 'open') {
        const { row } = change as { readonly row: NonNullable<(typeof change)['row']> };
        return { op: 'open', idLength: change.id.length, argsHash: row.argsHash, bytes: row.message.length };
      }
      const op = change.fresh ? 'ended' : 'end';
      return { op, idLength: change.id.length, argsHash: change.argsHash, bytes: change.answer.length };
    }),
  };
}
