import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Type } from '@nestjs/common';
import { Actor, Handle, State, UseFacets, durability, virtualActor } from 'plexspaces';
import type { Storage } from 'plexspaces/spi';
import { SqliteStorage } from '#storage/sqlite';
import { run } from '../../../libs/cli/src/run';
import { type App, closeApps, startApp } from '../../support/app';

@Actor({ type: 'tally' })
@UseFacets(durability({ checkpointEvery: 5 }), virtualActor())
export class Tally {
  @State() value = 0;

  @Handle() add(by: number): number {
    return (this.value += by);
  }
  @Handle({ retry: { maxAttempts: 1 } }) poison(): void {
    throw new Error('poison');
  }
}

/** Exists until it is stopped. */
@Actor({ type: 'till' })
@UseFacets(durability({ checkpointEvery: 2 }))
export class Till {
  @State() sum = 0;

  @Handle() put(by: number): number {
    return (this.sum += by);
  }
}

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** A folder with data, and the command line in it. */
export class CliWorld {
  readonly folder = mkdtempSync(join(tmpdir(), 'plexspaces-cli-'));
  readonly file = join(this.folder, 'data.db');
  readonly url = `sqlite:${this.file}`;

  path(name: string): string {
    return join(this.folder, name);
  }

  async plexspaces(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ran> {
    let [out, err] = ['', ''];
    const terminal = {
      out: (text: string) => void (out += text),
      err: (text: string) => void (err += text),
      env,
      isWatched: false,
    };
    const code = await run(args, terminal);
    return { code, out, err };
  }

  /** Runs an application on a file, and stops it. */
  async withApp<T>(file: string, use: (app: App) => Promise<T>): Promise<T> {
    const actors: Type<object>[] = [Tally, Till];
    return this.withStorage(file, async (storage) => {
      const result = await use(await startApp({ actors, storage }));
      await closeApps();
      return result;
    });
  }

  async withStorage<T>(file: string, use: (storage: Storage) => Promise<T>): Promise<T> {
    const storage = await SqliteStorage.open(file);
    try {
      return await use(storage);
    } finally {
      await storage.close();
    }
  }

  async end(): Promise<void> {
    await closeApps();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
