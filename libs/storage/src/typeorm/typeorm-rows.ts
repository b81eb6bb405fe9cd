import type { DataSource, EntityMetadata, EntityTarget, ObjectLiteral } from 'typeorm';
import {
  InvalidRowsError,
  PlexSpacesError,
  type RowCompiler,
  type RowRequest,
  RowsDatabaseError,
  type RowStatement,
} from '#spi';
import { whyCriteriaRefused, whyValuesRefused } from './row-checks';
import { type RowDialect, SQLITE_ROWS } from './row-dialect';

interface Compilable {
  getQueryAndParameters(): [sql: string, params: unknown[]];
  getParameters(): ObjectLiteral;
}

/**
 * `ctx.rows` by TypeORM's own query builder, so that column names, transformers, defaults and embedded objects are what
 * they are everywhere else in the application. It asks the DataSource for metadata and text, and never runs anything on it.
 */
export class TypeormRows implements RowCompiler {
  constructor(
    private readonly dataSource: DataSource,
    /** The journal's database, for whoever has to be told. */
    private readonly path: string,
    private readonly dialect: RowDialect = SQLITE_ROWS,
  ) {}

  compile(request: RowRequest, expect: number | null, uuid: () => string): RowStatement {
    const metadata = this.metadataOf(request);
    const { operation } = request;
    try {
      const query = this.query(metadata, request, uuid);
      const [sql, values] = query.getQueryAndParameters();
      // Numbers are in the text by now; what was to become of them is still among the named ones.
      const reason = [...Object.values(query.getParameters() as Record<string, unknown>), ...values]
        .filter((value) => typeof value !== 'function')
        .map((value) => this.dialect.whyUnbindable(value))
        .find((found) => found !== null);
      if (reason !== undefined) throw refused(metadata, request, `cannot store ${reason}`);
      return {
        entity: metadata.name,
        operation,
        sql,
        params: values.map((value) => this.dialect.bound(value)),
        expect,
      };
    } catch (error) {
      if (error instanceof PlexSpacesError) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      throw new InvalidRowsError(metadata.name, operation, `cannot be compiled: ${reason}`, { cause: error });
    }
  }

  /** @throws InvalidRowsError, RowsDatabaseError */
  private metadataOf({ entity, operation }: RowRequest): EntityMetadata {
    const { dataSource, path } = this;
    if (!dataSource.isInitialized) throw new RowsDatabaseError('The DataSource', 'is not initialized', path);
    const target = entity as EntityTarget<ObjectLiteral>;
    if (!dataSource.hasMetadata(target))
      throw new InvalidRowsError(describe(entity), operation, 'is about no entity of the DataSource');
    const metadata = dataSource.getMetadata(target);
    const { database, name, tableName } = metadata;
    if (database !== undefined && database !== dataSource.options.database)
      throw new RowsDatabaseError(`Entity ${name}`, `lies in the attached database ${database}`, path);
    if (metadata.tableType === 'view') throw new InvalidRowsError(name, operation, 'is about a view');
    if (this.dialect.isOwn(metadata, dataSource))
      throw new InvalidRowsError(name, operation, `is about ${tableName}, which belongs to the journal`);
    return metadata;
  }

  private query(metadata: EntityMetadata, request: RowRequest, uuid: () => string): Compilable {
    const { target } = metadata;
    const builder = this.dataSource.createQueryBuilder();
    switch (request.operation) {
      case 'insert':
        return builder
          .insert()
          .into(target)
          .values(rowsOf(metadata, request, uuid));
      case 'upsert': {
        const keys = keysOf(metadata, request);
        const overwritten = overwrittenBy(metadata, request, keys);
        const names = (columns: typeof keys): string[] => columns.map(({ databaseName }) => databaseName);
        return builder
          .insert()
          .into(target)
          .values(rowsOf(metadata, request, uuid))
          .orUpdate(names([...keys, ...overwritten]), names(keys));
      }
      case 'update': {
        check(metadata, request, whyCriteriaRefused(request.criteria));
        check(metadata, request, whyValuesRefused(metadata, request.changes));
        return builder.update(target).set(withoutGaps(request.changes)).where(request.criteria);
      }
      case 'delete':
        check(metadata, request, whyCriteriaRefused(request.criteria));
        return builder.delete().from(target).where(request.criteria);
    }
  }
}

type Upsert = Extract<RowRequest, { operation: 'upsert' }>;
type Columns = EntityMetadata['columns'];

/** Copies, with the UUIDs that TypeORM would draw by itself and differently in each run of a turn. */
function rowsOf(metadata: EntityMetadata, request: RowRequest & { values: readonly object[] }, uuid: () => string) {
  if (request.values.length === 0) throw refused(metadata, request, 'was given no rows');
  const drawn = metadata.generatedColumns.filter(
    ({ generationStrategy, embeddedMetadata }) => generationStrategy === 'uuid' && embeddedMetadata === undefined,
  );
  return request.values.map((values) => {
    check(metadata, request, whyValuesRefused(metadata, values));
    const row = Object.assign(Object.create(Object.getPrototypeOf(values) as object) as ObjectLiteral, values);
    for (const column of drawn) if (column.getEntityValue(row) === undefined) column.setEntityValue(row, uuid());
    return row;
  });
}

function keysOf(metadata: EntityMetadata, request: Upsert): Columns {
  const keys = request.by === null ? metadata.primaryColumns : metadata.mapPropertyPathsToColumns([...request.by]);
  for (const values of request.values)
    for (const key of keys)
      if (isMissing(key.getEntityValue(values)))
        throw refused(metadata, request, `was given a row without ${key.propertyPath}, which says which one it is`);
  return keys;
}

/** One statement overwrites the same columns of every row, with NULL or a default where a row does not give them. */
function overwrittenBy(metadata: EntityMetadata, request: Upsert, keys: Columns): Columns {
  return metadata.columns.filter((column) => {
    if (keys.includes(column) || !column.isUpdate || column.generatedType !== undefined) return false;
    const given = request.values.filter((values) => column.getEntityValue(values) !== undefined).length;
    if (given > 0 && given < request.values.length)
      throw refused(metadata, request, `was given ${column.propertyPath} in some rows only; give it in all or none`);
    return given > 0;
  });
}

function check(metadata: EntityMetadata, request: RowRequest, reason: string | null): void {
  if (reason !== null) throw refused(metadata, request, reason);
}

function refused({ name }: EntityMetadata, { operation }: RowRequest, reason: string): InvalidRowsError {
  return new InvalidRowsError(name, operation, reason);
}

function describe(entity: unknown): string {
  if (typeof entity === 'function') return entity.name;
  const named = entity as { readonly options?: { readonly name?: unknown } } | null | undefined;
  return String(named?.options?.name ?? entity);
}

function withoutGaps(values: object): object {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}

function isMissing(value: unknown): boolean {
  return value === undefined || value === null;
}
