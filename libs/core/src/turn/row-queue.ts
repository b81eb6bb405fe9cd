import { InvalidRowsError, type RowCompiler, type RowRequest } from '#spi';
import type { ActorRows, RowCriteria, RowEntity, RowOptions, RowValues, UpsertOptions } from '../actor/actor-rows';
import { NoActorContextError, RowsNotSupportedError } from '../errors';
import { Deterministic } from './deterministic';
import { frames } from './frame';
import type { Turn } from './turn';

/** `ctx.rows` of one turn: compiles each call when it is made; the turn keeps the statements for its commit. */
export class RowQueue implements ActorRows {
  private dice: Deterministic | null = null;

  constructor(private readonly turn: Turn) {}

  insert<E extends object>(
    entity: RowEntity<E>,
    values: RowValues<E> | readonly RowValues<E>[],
    options: RowOptions = {},
  ): void {
    this.queue({ operation: 'insert', entity, values: listOf(values) }, options);
  }

  upsert<E extends object>(
    entity: RowEntity<E>,
    values: RowValues<E> | readonly RowValues<E>[],
    options: UpsertOptions<E> = {},
  ): void {
    this.queue({ operation: 'upsert', entity, values: listOf(values), by: options.by ?? null }, options);
  }

  update<E extends object>(
    entity: RowEntity<E>,
    criteria: RowCriteria<E>,
    changes: RowValues<E>,
    options: RowOptions = {},
  ): void {
    this.queue({ operation: 'update', entity, criteria, changes }, options);
  }

  delete<E extends object>(entity: RowEntity<E>, criteria: RowCriteria<E>, options: RowOptions = {}): void {
    this.queue({ operation: 'delete', entity, criteria }, options);
  }

  private queue(request: RowRequest, { expect }: RowOptions): void {
    // It does not run again with its handler, whose rows would then lack this one.
    if (frames.getStore()?.effect != null) throw new NoActorContextError('ctx.rows inside a side effect');
    this.turn.queueRow(`rows.${request.operation}`, () =>
      compilerOf(this.turn).compile(request, checkExpect(request, expect), () => this.uuid()),
    );
  }

  /** A stream of its own: what the handler draws does not depend on which rows it writes. */
  private uuid(): string {
    const { turn } = this;
    return (this.dice ??= new Deterministic(`${turn.actorId}/${turn.received.actsAs}/rows`)).uuid();
  }
}

function listOf<T extends object>(values: T | readonly T[]): readonly object[] {
  return Array.isArray(values) ? values : [values];
}

/** @throws RowsNotSupportedError */
function compilerOf({ actorId, host }: Turn): RowCompiler {
  const { journal, rows } = host.system.storage;
  if (rows !== undefined) return rows;
  const reason = journal.capabilities.rows
    ? 'the storage was not told where your entities are'
    : `the ${journal.name} storage has no tables of yours`;
  throw new RowsNotSupportedError(actorId, reason, 'Use TypeormStorageModule.sqlite(path, { dataSource }).');
}

/** @throws InvalidRowsError */
function checkExpect({ entity, operation }: RowRequest, expect: number | undefined): number | null {
  if (expect === undefined) return null;
  if (Number.isSafeInteger(expect) && expect >= 0) return expect;
  const name = typeof entity === 'function' ? entity.name : String(entity);
  throw new InvalidRowsError(
    name,
    operation,
    `was given expect: ${String(expect)}, which is no whole number from 0 up`,
  );
}
