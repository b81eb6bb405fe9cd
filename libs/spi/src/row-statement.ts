/** What a statement may bind: what every SQL driver takes without a choice of its own. */
export type RowValue = string | number | bigint | Uint8Array | null;

export type RowOperation = 'insert' | 'upsert' | 'update' | 'delete';

/** One statement on the user's own tables, ready to run: it becomes durable with its turn or not at all (P3). */
export interface RowStatement {
  /** Name of the entity and what is done to it, for whoever has to explain a refusal. */
  readonly entity: string;
  readonly operation: RowOperation;
  /** In the store's dialect, with its placeholders. */
  readonly sql: string;
  readonly params: readonly RowValue[];
  /** Rows it must touch, or the turn is rejected; `null`: any number. */
  readonly expect: number | null;
}

/** What was wrong with the rows of a turn. `count`: it touched another number of rows than it had to. */
export type RowViolation = 'count' | 'unique' | 'foreignKey' | 'notNull' | 'check' | 'other';

/** Why a store did not take the rows of an append. */
export interface RowRefusal {
  /** Index in `rows`; `null` when it shows only once all have run (a deferred constraint). */
  readonly statement: number | null;
  readonly violation: RowViolation;
  /** Rows touched, when that is what was wrong. */
  readonly touched: number | null;
  /** In the words of the database. */
  readonly reason: string;
}

/** What a turn asks for, in terms of the user's entities. */
export type RowRequest =
  | { readonly operation: 'insert'; readonly entity: unknown; readonly values: readonly object[] }
  | {
      readonly operation: 'upsert';
      readonly entity: unknown;
      readonly values: readonly object[];
      /** Properties that say which row it is; `null`: the primary key. */
      readonly by: readonly string[] | null;
    }
  | { readonly operation: 'update'; readonly entity: unknown; readonly criteria: object; readonly changes: object }
  | { readonly operation: 'delete'; readonly entity: unknown; readonly criteria: object };

/** Makes statements from the user's entities. It looks at their metadata only, and never talks to a database. */
export interface RowCompiler {
  /**
   * @param uuid the same sequence whenever the same turn is run again
   * @throws InvalidRowsError, RowsDatabaseError
   */
  compile(request: RowRequest, expect: number | null, uuid: () => string): RowStatement;
}
