import type { StorageCapabilities } from '#spi';

/** A storage under test. @publicApi */
export interface Backend<Store> {
  readonly name: string;
  /** Opens another handle on the same data, as a second node would. */
  open(): Promise<Store>;
  /** Called once, after the last case. */
  destroy(): Promise<void>;
}

/** What the journal of a backend must say of itself. */
export interface JournalBackend<Store> extends Backend<Store> {
  readonly expects: StorageCapabilities;
  /** Given exactly by those that expect `rows`. */
  readonly tables?: UserTables;
  /** Given exactly by those that expect `callerTransactions`. */
  readonly transactions?: UserTransactions;
}

/** The database of a store as the application sees it: over a connection of its own. @publicApi */
export interface UserTables {
  /** Runs one statement without parameters. @returns its rows, if it has any */
  query(sql: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
  /** How the dialect writes its n-th parameter, from 1. */
  placeholder(n: number): string;
  /** Column types that hold text, bytes, 64-bit integers and doubles. */
  readonly types: Readonly<Record<'text' | 'bytes' | 'integer' | 'real', string>>;
}

/** Transactions of the application on the database of a store. @publicApi */
export interface UserTransactions {
  /**
   * Runs `work` in a transaction of its own, handed over as `ref.with({ transaction })` takes it. Commits when `work` resolves;
   * when it rejects, rolls back and rejects with the same error.
   */
  run<T>(work: (transaction: unknown) => Promise<T>): Promise<T>;
}

/** What a case works with: a handle that all cases share, and a way to more of them. */
export interface Bench<Store> {
  readonly store: Store;
  readonly open: () => Promise<Store>;
}

/** One rule, one way to break it. Cases use keys of their own, so they run in any order and beside other data. @publicApi */
export interface Case<Store> {
  /** A sentence with the number of its rule. */
  readonly name: string;
  readonly run: (bench: Bench<Store>) => Promise<void>;
}

/** The part of Jest or Vitest that is used; by default the globals of that name. */
export interface TestRunner {
  readonly describe: (name: string, fn: () => void) => void;
  readonly it: (name: string, fn: () => Promise<void>) => void;
  readonly beforeAll: (fn: () => Promise<void>) => void;
  readonly afterAll: (fn: () => Promise<void>) => void;
}

/** Declares the cases as tests. */
export function describeCases<Store>(
  title: string,
  backend: Backend<Store>,
  cases: readonly Case<Store>[],
  close: (store: Store) => Promise<void>,
  runner: TestRunner = globalThis,
): void {
  runner.describe(`${title}: ${backend.name}`, () => {
    const handles: Store[] = [];
    const open = async (): Promise<Store> => {
      const handle = await backend.open();
      handles.push(handle);
      return handle;
    };
    runner.beforeAll(async () => {
      await open();
    });
    runner.afterAll(async () => {
      await Promise.all(handles.map(close));
      await backend.destroy();
    });
    for (const { name, run } of cases) runner.it(name, () => run({ store: handles[0] as Store, open }));
  });
}

/** Runs the cases without a test framework. @returns the names of those that failed, with the reason. */
export async function failuresOf<Store>(
  backend: Backend<Store>,
  cases: readonly Case<Store>[],
): Promise<Map<string, unknown>> {
  const failures = new Map<string, unknown>();
  const open = (): Promise<Store> => backend.open();
  const store = await open();
  for (const { name, run } of cases) {
    try {
      await run({ store, open });
    } catch (error) {
      failures.set(name, error);
    }
  }
  await backend.destroy();
  return failures;
}
