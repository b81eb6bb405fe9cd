import { failpoint, type RowViolation } from '#spi';
import { type Connection, codeOf, isAboutOneRow } from './driver';
import type { RefusalTuple, StatementTuple } from './protocol';

/** Runs the statements that turns bring for the user's own tables, inside the writer's transaction (J12). */
export class RowStatements {
  constructor(private readonly connection: Connection) {}

  /**
   * Stops at the first one that cannot be: the caller undoes those before it. Not prepared ahead, since TypeORM writes
   * numbers into the text, so that hardly two are alike.
   * @returns `null` when all have run. @throws errors of the file rather than of a statement
   */
  run(rows: readonly StatementTuple[]): RefusalTuple | null {
    for (let i = 0; i < rows.length; i++) {
      const [sql, params, expect] = rows[i] as StatementTuple;
      failpoint('rows.beforeStatement');
      try {
        const { changes } = this.connection.prepare(sql).run(...params);
        if (expect !== null && changes !== expect) return [i, 'count', changes, `${changes} instead of ${expect}`];
      } catch (error) {
        if (!isAboutStatement(error)) throw error;
        return refusalOf(i, error);
      }
      failpoint('rows.afterStatement');
    }
    return null;
  }
}

/**
 * Rows of one turn took the whole transaction with them, its neighbours' writes included: by a conflict clause or
 * trigger that says ROLLBACK, or by a deferred foreign key that was still open at COMMIT.
 */
export class BrokenTransaction extends Error {
  constructor(readonly refusal: RefusalTuple) {
    super(refusal[3]);
  }
}

export function refusalOf(statement: number | null, error: unknown): RefusalTuple {
  return [statement, violationOf(codeOf(error)), null, error instanceof Error ? error.message : String(error)];
}

/** A table that is not there, text that is no SQL, too many parameters: wrong in itself, whatever state the file is in. */
function isAboutStatement(error: unknown): boolean {
  return isAboutOneRow(error) || /^SQLITE_(ERROR|RANGE|AUTH)/.test(codeOf(error));
}

function violationOf(code: string): RowViolation {
  switch (code) {
    case 'SQLITE_CONSTRAINT_UNIQUE':
    case 'SQLITE_CONSTRAINT_PRIMARYKEY':
    case 'SQLITE_CONSTRAINT_ROWID':
      return 'unique';
    case 'SQLITE_CONSTRAINT_FOREIGNKEY':
      return 'foreignKey';
    case 'SQLITE_CONSTRAINT_NOTNULL':
      return 'notNull';
    case 'SQLITE_CONSTRAINT_CHECK':
      return 'check';
    default:
      return 'other';
  }
}
