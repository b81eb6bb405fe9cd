import { type Direction, type Fault, isOnWay } from './fault';

/** A fault in force, and how often it struck. @publicApi */
export class InjectedFault<F extends Fault = Fault> {
  /** Resolves when it has struck for the first time. */
  readonly happened: Promise<void>;
  private announce = (): void => undefined;
  private count = 0;
  private skips: number;

  constructor(
    readonly fault: F,
    private readonly set: FaultSet,
  ) {
    this.skips = fault.kind === 'cut' ? (fault.skip ?? 0) : 0;
    this.happened = new Promise((resolve) => (this.announce = resolve));
  }

  /** How often it struck; what one firing is says the kind of fault. */
  get fired(): number {
    return this.count;
  }

  /** It strikes no more; what it held back goes on. Harmless when it has ended. */
  remove(): void {
    this.set.delete(this);
  }

  /** Called by the proxy at each match: is it one of those to let by? */
  isSkipped(): boolean {
    return this.skips-- > 0;
  }

  /** Called by the proxy. */
  fire(): void {
    this.count += 1;
    this.announce();
    if (this.count === this.fault.times) this.remove();
  }
}

/** The faults in force, oldest first. Tells of every change. */
export class FaultSet {
  private readonly active: InjectedFault[] = [];
  private readonly listeners = new Set<() => void>();

  add(injected: InjectedFault): void {
    this.active.push(injected);
    this.tell();
  }

  delete(injected: InjectedFault): void {
    const at = this.active.indexOf(injected);
    if (at === -1) return;
    this.active.splice(at, 1);
    this.tell();
  }

  /** The oldest of this kind that concerns this direction. */
  find<K extends Fault['kind']>(kind: K, direction: Direction): InjectedFault<Extract<Fault, { kind: K }>> | undefined {
    return this.all(kind, direction)[0];
  }

  all<K extends Fault['kind']>(kind: K, direction: Direction): InjectedFault<Extract<Fault, { kind: K }>>[] {
    return this.active.filter(
      (each): each is InjectedFault<Extract<Fault, { kind: K }>> =>
        each.fault.kind === kind && isOnWay(each.fault, direction),
    );
  }

  /** @returns how to stop listening */
  onChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  private tell(): void {
    for (const listener of [...this.listeners]) listener();
  }
}
