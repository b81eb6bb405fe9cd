/** Something a test waits for, and lets go on. */
export class Gate {
  private readonly arrival = signal();
  private readonly opening = signal();

  /** Called by the code under test: says that it is here, and waits. */
  async pass(): Promise<void> {
    this.arrival.fire();
    await this.opening.fired;
  }

  /** Resolves when somebody has come to the gate. */
  get reached(): Promise<void> {
    return this.arrival.fired;
  }

  open(): void {
    this.opening.fire();
  }
}

/** Lets every microtask and everything that is due at once run: for asserting that something did not happen. */
export async function settle(rounds = 20): Promise<void> {
  for (let i = 0; i < rounds; i++) await new Promise<void>((resolve) => setImmediate(resolve));
}

function signal(): { readonly fired: Promise<void>; readonly fire: () => void } {
  let fire = (): void => undefined;
  const fired = new Promise<void>((resolve) => (fire = resolve));
  return { fired, fire };
}
