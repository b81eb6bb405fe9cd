/**
 * An entity of the application: its class, its TypeORM `EntitySchema`, or its name.
 * @publicApi
 */
export type RowEntity<E extends object> =
  | (abstract new (...args: never[]) => E)
  | { readonly options: { readonly name: string; readonly columns: { readonly [P in keyof E]?: unknown } } }
  | string;

/**
 * A value, or SQL that the database works out: `() => 'quantity - 1'`. That text becomes part of the statement as it is: never put
 * what a caller sent into it. Parts of embedded and related objects may be left out.
 */
export type RowInput<T> =
  T | (() => string) | (T extends object ? { readonly [P in keyof T]?: RowInput<T[P]> } : never);

/** Properties of an entity and what they become. @publicApi */
export type RowValues<E> = { readonly [P in keyof E]?: RowInput<E[P]> };

/** Which rows: properties and what they must be, or TypeORM's operators such as `In([...])` and `IsNull()`. At least one. @publicApi */
export type RowCriteria<E> = { readonly [P in keyof E]?: RowCriterion<NonNullable<E[P]>> };

/** A value, one of TypeORM's operators, or parts of an embedded or related object. */
export type RowCriterion<T> = T | { readonly '@instanceof': symbol } | (T extends object ? RowCriteria<T> : never);

/** @publicApi */
export interface RowOptions {
  /** How many rows it must touch. Any other number rejects the turn (RowsRejectedError). Default: any number will do. */
  readonly expect?: number;
}

/** @publicApi */
export interface UpsertOptions<E> extends RowOptions {
  /** Properties that say which row it is, under a unique constraint. Default: the primary key. */
  readonly by?: readonly (keyof E & string)[];
}

/**
 * The application's own tables, written in the commit of the turn: all of it or nothing, once (P3). Get it as `ctx.rows`.
 *
 * Each call is compiled at once, from the metadata of your entities, and runs with the commit, in the order of the
 * calls; until then nobody sees it, this turn included. A constraint that is broken, or a count that is missed, ends
 * the message with RowsRejectedError; nothing else of its turn stays, and other actors do not notice. A turn that
 * fails, is read-only or is verified writes nothing.
 *
 * Listeners, subscribers and cascades of TypeORM do not run. Keys that the database makes are not returned: give the
 * row an id of your own (`ctx.uuid()`). Reading belongs in a `@SideEffect`.
 *
 * Every method throws InvalidRowsError and RowsDatabaseError for what cannot be compiled, RowsNotSupportedError where
 * rows cannot be written, ReadOnlyViolationError, TurnLimitError, TurnEndedError.
 * @publicApi
 */
export interface ActorRows {
  /** Adds one row, or several in one statement. */
  insert<E extends object>(
    entity: RowEntity<E>,
    values: RowValues<E> | readonly RowValues<E>[],
    options?: RowOptions,
  ): void;
  /** Adds rows, or where there is one of that key, overwrites the properties given. */
  upsert<E extends object>(
    entity: RowEntity<E>,
    values: RowValues<E> | readonly RowValues<E>[],
    options?: UpsertOptions<E>,
  ): void;
  update<E extends object>(
    entity: RowEntity<E>,
    criteria: RowCriteria<E>,
    changes: RowValues<E>,
    options?: RowOptions,
  ): void;
  delete<E extends object>(entity: RowEntity<E>, criteria: RowCriteria<E>, options?: RowOptions): void;
}
