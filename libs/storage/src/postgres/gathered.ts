import { whyIdRefused } from '../write-rules';
import type { PostgresDatabase } from './postgres-database';
import type { Row } from './session';

/** Keys in one question: more would keep those who wait for the first of them. */
const MOST = 500;

interface Question {
  readonly key: readonly string[];
  resolve(rows: readonly Row[]): void;
  reject(error: unknown): void;
}

/** A question about one key, and the same one about many. */
export interface GatheredSql {
  /** Of the prepared statements; that of many has an `s` behind it. */
  readonly name: string;
  /** Its parameters are the parts of the key. */
  readonly one: string;
  /** Its parameters are arrays of them; the first column of each row is the place of its key, from 1. */
  readonly many: string;
}

/**
 * Questions of one kind that come while another is under way are asked together: fifty actors that are loaded side by
 * side cost the server and this process as much as two.
 *
 *  G1  What answers a question began after the question was put (P2 of read-only messages stands on that).
 *  G2  A key that the server does not take, or rows that cannot be read, fail their own question only.
 */
export class Gathered {
  private waiting: Question[] = [];
  private isAsking = false;

  constructor(
    private readonly database: PostgresDatabase,
    private readonly sql: GatheredSql,
  ) {}

  async rows(...key: readonly string[]): Promise<readonly Row[]> {
    this.database.check();
    if (key.some((part) => whyIdRefused(part) !== null)) return this.alone(key);
    return new Promise((resolve, reject) => {
      this.waiting.push({ key, resolve, reject });
      if (!this.isAsking) void this.askAll();
    });
  }

  private alone(key: readonly string[]): Promise<readonly Row[]> {
    return this.database.query({ name: this.sql.name, text: this.sql.one, values: [...key] });
  }

  /** Never rejects. */
  private async askAll(): Promise<void> {
    this.isAsking = true;
    await Promise.resolve(); // the rest of this step may join
    while (this.waiting.length > 0) {
      const questions = this.waiting;
      this.waiting = questions.splice(MOST);
      await this.ask(questions);
    }
    this.isAsking = false;
  }

  private async ask(questions: readonly Question[]): Promise<void> {
    const [first] = questions;
    try {
      if (first !== undefined && questions.length === 1) {
        first.resolve(await this.alone(first.key));
        return;
      }
      const values = (first as Question).key.map((_, part) => questions.map(({ key }) => key[part]));
      const found = await this.database.query({ name: `${this.sql.name}s`, text: this.sql.many, values });
      const byPlace = questions.map((): Row[] => []);
      for (const [place, ...row] of found) byPlace[Number(place) - 1]?.push(row);
      questions.forEach((question, i) => question.resolve(byPlace[i] as readonly Row[]));
    } catch (error) {
      for (const question of questions) question.reject(error);
    }
  }
}
