import type { Client } from 'pg';
import { type Head, type Outcome, StoreRegressedError } from '#spi';
import type { PackedWrite } from './flush/packed-writes';
import { rowsOf } from './session';
import { numberOf } from './stored-rows';
import type { Tables } from './tables';

const MOST = 256;

/**
 * Remembers the heads that were acknowledged last: what a fail-over to a replica that lagged, or an old backup, loses first. Asked
 * over each new connection of the writer. What other processes, or an earlier life of this one, were told is not known here.
 */
export class Witness {
  private readonly heads = new Map<string, Head>();
  private readonly text: string;

  constructor({ actor }: Tables) {
    this.text = `SELECT name, head, epoch FROM ${actor} WHERE name = ANY ($1::text[])`;
  }

  note(writes: readonly PackedWrite[], outcomes: readonly Outcome[]): void {
    const { heads } = this;
    outcomes.forEach((outcome, i) => {
      const write = writes[i];
      if (outcome.kind !== 'committed' || write?.kind !== 'append') return;
      const { actor } = write;
      heads.delete(actor);
      heads.set(actor, outcome.head);
      if (heads.size > MOST) heads.delete(heads.keys().next().value as string);
    });
  }

  /** @throws StoreRegressedError */
  async verify(client: Client, place: string): Promise<void> {
    if (this.heads.size === 0) return;
    const rows = await rowsOf(client, { text: this.text, values: [[...this.heads.keys()]] });
    const found = new Map(rows.map((row) => [row[0] as string, row.slice(1).map((n) => numberOf(n as string))]));
    for (const [actor, head] of this.heads) {
      const [seq = 0, epoch = 0] = found.get(actor) ?? [];
      if (seq < head.seq || epoch < head.epoch) throw new StoreRegressedError(place, actor, head, { seq, epoch });
    }
  }
}
