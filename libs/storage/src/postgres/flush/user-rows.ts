import type { Client } from 'pg';
import { failpoint, type RowRefusal, type RowStatement } from '#spi';
import { PLANNER_SETTINGS } from '../address';
import { isAboutStatement, messageOf, violationOf } from '../driver';

/** The planner as it usually is, until the end of the transaction. */
const OWN_PLANS = PLANNER_SETTINGS.map((name) => `SET LOCAL ${name} = on`).join('; ');

/**
 * Deferred constraints, looked at as a commit would and put back: what this turn leaves open is its own fault, and what the
 * next one defers is still deferred.
 */
const CHECK = [
  'SAVEPOINT deferred',
  'SET CONSTRAINTS ALL IMMEDIATE',
  'ROLLBACK TO SAVEPOINT deferred',
  'RELEASE SAVEPOINT deferred',
].join('; ');

/** Runs the statements that turns bring for the user's own tables, inside the writer's transaction (J12). */
export class UserRows {
  /**
   * Stops at the first one that cannot be: the caller undoes those before it.
   * @returns `null` when all have run. @throws errors of the server rather than of a statement
   */
  async run(client: Client, rows: readonly RowStatement[]): Promise<RowRefusal | null> {
    await client.query(OWN_PLANS);
    for (const [i, { sql, params, expect }] of rows.entries()) {
      failpoint('rows.beforeStatement');
      try {
        // Always with parameters, if none: as plain text it could be several statements, or end the transaction.
        const { rowCount } = await client.query({ text: sql, values: [...params], queryMode: 'extended' } as never);
        const touched = rowCount ?? 0;
        if (expect !== null && touched !== expect)
          return { statement: i, violation: 'count', touched, reason: `${touched} instead of ${expect}` };
      } catch (error) {
        if (!isAboutStatement(error)) throw error;
        return refusalOf(i, error);
      }
      failpoint('rows.afterStatement');
    }
    try {
      await client.query(CHECK);
      return null;
    } catch (error) {
      if (!isAboutStatement(error)) throw error;
      return refusalOf(null, error);
    }
  }
}

export function refusalOf(statement: number | null, error: unknown): RowRefusal {
  return { statement, violation: violationOf(error), touched: null, reason: messageOf(error) };
}
