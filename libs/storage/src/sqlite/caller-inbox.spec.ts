import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { CallerInbox } from './caller-inbox';
import { openConnection } from './connection';
import { type Connection, codeOf } from './driver';

describe('a message in a transaction of the application', () => {
  let folder: string;
  let caller: Connection;
  let writer: Connection;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'plexspaces-caller-'));
    const path = join(folder, 'app.db');
    writer = openConnection(BetterSqlite3, path, { durability: 'full', maxBytes: 0 });
    writer.pragma('busy_timeout = 0');
    caller = new BetterSqlite3(path);
  });
  afterEach(() => {
    caller.close();
    writer.close();
    rmSync(folder, { recursive: true });
  });

  const row = { actor: 'a/b/c/d', id: 'm', argsHash: '', message: new Uint8Array(1), attempts: 1, dueAt: 0 };

  /** What the store's own thread comes to when it commits at the moment the caller has looked. */
  function lookedAt(meanwhile: () => void): Connection {
    return new Proxy(caller, {
      get: (target, name) => {
        if (name !== 'prepare') return Reflect.get(target, name) as unknown;
        return (sql: string) => {
          const statement = target.prepare(sql);
          if (!sql.startsWith('SELECT id, status')) return statement;
          const { get } = statement;
          statement.get = (...args: unknown[]) => {
            const found = get.apply(statement, args);
            meanwhile();
            return found;
          };
          return statement;
        };
      },
    });
  }

  it('takes the write lock before it looks: SQLite lets who has read wait for nobody, and refuses it what is old', () => {
    let met = '';
    const inbox = new CallerInbox(
      lookedAt(() => {
        try {
          writer.exec("INSERT INTO ps_actor (name, head, epoch, writer, schema, status) VALUES ('x', 0, 0, '', 0, 0)");
          met = 'nobody';
        } catch (error) {
          met = codeOf(error);
        }
      }),
    );
    caller.exec('BEGIN');
    expect(inbox.accept(row, false)).toEqual({ kind: 'accepted' });
    expect(met).toBe('SQLITE_BUSY');
    caller.exec('COMMIT');
    expect(writer.prepare('SELECT count(*) FROM ps_inbox').pluck().get()).toBe(1);
  });
});
