import type { StateImage } from '#journal';
import type { Activation } from './activation';
import { openInstance } from './instance-factory';
import type { LiveState } from './live-state';

interface Reader {
  readonly version: number;
  readonly state: LiveState;
}

/**
 * Instances for read-only handlers, each with committed state as of a version. Nobody shares one while a handler runs on
 * it: who changes something is then known, and nobody sees it. One stays for the readers to come.
 */
export class ReaderInstances {
  private free: Reader | null = null;
  private opening: { readonly version: number; readonly made: Promise<void> } | null = null;

  constructor(
    private readonly activation: Activation,
    private readonly runtimeArgs: readonly unknown[],
  ) {}

  /** Runs `reader` on an instance. It says whether that may be used again: at once, or when its promise is settled. */
  async lend(version: number, image: () => StateImage, reader: (state: LiveState) => Promise<boolean> | boolean) {
    if (this.free?.version !== version) await this.ready(version, image);
    // Those who waited for one instance take turns with it, until one of them has to keep it: then each gets its own.
    const taken = this.free?.version === version ? this.free : { version, state: await this.make(image) };
    if (taken === this.free) this.free = null;
    const isReusable = reader(taken.state);
    if (typeof isReusable === 'boolean' ? isReusable : await isReusable) this.giveBack(taken);
  }

  private giveBack(reader: Reader): void {
    if (this.free === null || this.free.version < reader.version) this.free = reader;
  }

  private ready(version: number, image: () => StateImage): Promise<void> {
    if (this.opening?.version !== version) {
      const made = this.make(image).then((state) => this.giveBack({ version, state }));
      const opening = { version, made };
      this.opening = opening;
      const over = (): void => {
        if (this.opening === opening) this.opening = null; // after a failure the next reader tries again
      };
      made.then(over, over);
    }
    return this.opening.made;
  }

  private make(image: () => StateImage): Promise<LiveState> {
    const { cls, address } = this.activation;
    return openInstance(cls, address.id, image(), 'read', this.runtimeArgs);
  }
}
