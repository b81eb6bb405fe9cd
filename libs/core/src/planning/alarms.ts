import type { Env, Timer } from '#spi';
import type { Address } from '../runtime/address';
import type { Message } from '../runtime/message';
import type { SystemPort } from '../runtime/system-port';
import { outsideTurns } from '../turn/frame';
import { type PlannedMessage, makePlanned } from './planned-message';

/** The activation that alarms belong to, as far as they know it. */
export interface AlarmHost {
  readonly system: SystemPort;
  readonly address: Address;
  readonly env: Env;
  readonly released?: boolean;
  enqueue?(message: Message): void;
}

/** Alarms of one facet on one actor, while that is in memory: by name, at most one of each. @publicApi */
export interface Alarms {
  /**
   * Sends the actor `planned` in `delayMs`, in place of an earlier alarm of that name; what has no handler calls the function
   * last given under it. It wakes nobody: it ends with the actor's stay in memory.
   */
  set(name: string, planned: PlannedMessage, delayMs: number): void;
  /** Harmless when there is none. */
  clear(name: string): void;
}

/** An alarm that is set. */
export interface SetAlarm {
  readonly facet: string;
  readonly name: string;
  /** `null`: a function. */
  readonly handler: string | null;
  /** Wall clock. */
  readonly dueAt: number;
}

/**
 * The alarms of one activation. It owns the timers that run, and nothing that lasts.
 *
 *  H1. An alarm that rings puts its message in line like any other: a turn, never beside one (P2).
 *  H2. When the activation is released all its alarms end with it.
 */
class ActivationAlarms {
  private readonly running = new Map<string, SetAlarm & { readonly timer: Timer }>();
  private readonly calls = new Map<string, (self: object) => unknown>();

  constructor(private host: AlarmHost) {}

  of(facet: string): Alarms {
    return {
      set: (name, planned, delayMs) => this.set(facet, name, planned, delayMs),
      clear: (name) => this.clear(`${facet}/${name}`),
    };
  }

  end(): void {
    for (const { timer } of this.running.values()) timer.cancel();
    this.running.clear();
    this.calls.clear();
  }

  get all(): readonly SetAlarm[] {
    return [...this.running.values()];
  }

  /** The actor goes on in another activation. */
  moveTo(host: AlarmHost): void {
    this.host = host;
  }

  private set(facet: string, name: string, planned: PlannedMessage, delayMs: number): void {
    if (this.host.released === true) return;
    const key = `${facet}/${name}`;
    const call = planned.call ?? (planned.handler === null ? this.calls.get(key) : undefined);
    this.clear(key);
    if (call !== undefined) this.calls.set(key, call);
    const ring = (): void => {
      this.running.delete(key);
      this.ring(facet, { ...planned, call });
    };
    const { env } = this.host;
    const timer = outsideTurns(() => env.schedule(ring, delayMs));
    this.running.set(key, { facet, name, handler: planned.handler, dueAt: env.now() + delayMs, timer });
  }

  private clear(key: string): void {
    this.running.get(key)?.timer.cancel();
    this.running.delete(key);
    this.calls.delete(key);
  }

  private ring(facet: string, planned: PlannedMessage): void {
    const { host } = this;
    if (host.released === true || !host.system.mayAct()) return;
    const { name } = planned.occurrence;
    const failed = (error: unknown): void => {
      host.system.logger.error(`${facet} ${name} of ${host.address.encoded} failed: ${String(error)}`);
    };
    try {
      const message = makePlanned(host.system, host.address, facet, planned);
      message.join({ resolve: () => undefined, reject: failed });
      host.enqueue?.(message);
    } catch (error) {
      failed(error);
    }
  }
}

const byHost = new WeakMap<object, ActivationAlarms>();

/** Those of `facet` on the activation `host`. */
export function alarmsOf(host: AlarmHost, facet: string): Alarms {
  let alarms = byHost.get(host);
  if (alarms === undefined) byHost.set(host, (alarms = new ActivationAlarms(host)));
  return alarms.of(facet);
}

/** Those that are set on the activation `host`. */
export function setAlarmsOf(host: object): readonly SetAlarm[] {
  return byHost.get(host)?.all ?? [];
}

/** H2. */
export function endAlarms(host: object): void {
  byHost.get(host)?.end();
}

/** An actor goes on with a journal in another activation: its alarms run on. */
export function moveAlarms(from: object, to: AlarmHost): void {
  const alarms = byHost.get(from);
  if (alarms === undefined) return;
  byHost.delete(from);
  byHost.set(to, alarms);
  alarms.moveTo(to);
}
