import { decodeActorId, encodeActorId, isPlexSpacesError } from '#spi';
import type { Address } from '../runtime/address';
import type { Activation } from '../runtime/activation';
import { exitActor } from '../runtime/exit-actor';
import type { LifecycleEvent } from '../runtime/lifecycle-events';
import type { SystemPort } from '../runtime/system-port';
import { LinkedExitError } from '../errors';
import { describeCause } from '../errors/describe-cause';
import { outsideTurns } from '../turn/frame';

/**
 * How an actor ended. normal: stopped. crash: an error. shutdown: its supervisor stopped it. noproc: it was not there. @publicApi
 */
export type EndReason = 'normal' | 'crash' | 'shutdown' | 'noproc';

/** What `ctx.monitor` tells, once. @publicApi */
export interface Down {
  /** What `ctx.monitor` returned. */
  readonly monitor: string;
  /** Encoded id of the actor that ended. */
  readonly actor: string;
  readonly reason: EndReason;
  /** Of a crash. */
  readonly error: string | null;
}

/** What a `@TrapExit()` handler is told of a linked actor, once per link. @publicApi */
export type ExitSignal = Omit<Down, 'monitor'>;

interface Monitor {
  readonly id: string;
  readonly watcher: Address;
  readonly handler: string;
}

/**
 * Who hears of whose end. In memory: like the processes of an Erlang node, watchers and watched die with it together.
 *
 *  L1. A monitor tells exactly one end, and is gone then. A link joins two actors once, and breaks with the first end.
 *  L2. A signal is a tell: it stands in line behind what its receiver has, and is durable where that is.
 *  L3. An actor that leaves memory idle has not ended. One that has ended for good watches nobody any more.
 */
export class Links {
  private readonly monitors = new Map<string, Map<string, Monitor>>();
  /** Ids of its monitors and whom they watch, by watcher. */
  private readonly watching = new Map<string, Map<string, string>>();
  private readonly partners = new Map<string, Map<string, Address>>();

  constructor(
    private readonly system: SystemPort,
    private readonly find: (encoded: string) => Activation | undefined,
  ) {}

  monitor(id: string, watcher: Address, target: Address, handler: string): void {
    entryOf(this.monitors, target.encoded).set(id, { id, watcher, handler });
    entryOf(this.watching, watcher.encoded).set(id, target.encoded);
    this.listen();
    this.unlessThere(target, () => this.down(target.encoded, 'noproc', undefined));
  }

  demonitor(id: string): void {
    for (const [target, all] of this.monitors) {
      const { watcher } = all.get(id) ?? {};
      if (watcher === undefined) continue;
      removeFrom(this.monitors, target, id);
      removeFrom(this.watching, watcher.encoded, id);
    }
  }

  link(one: Address, other: Address): void {
    entryOf(this.partners, one.encoded).set(other.encoded, other);
    entryOf(this.partners, other.encoded).set(one.encoded, one);
    this.listen();
    this.unlessThere(other, () => this.exit(other.encoded, 'noproc', undefined));
  }

  unlink(one: Address, other: Address): void {
    removeFrom(this.partners, one.encoded, other.encoded);
    removeFrom(this.partners, other.encoded, one.encoded);
  }

  /** L1. */
  ended(actor: string, reason: EndReason, error?: unknown): void {
    if (reason === 'normal') this.watchNobody(actor);
    this.down(actor, reason, error);
    this.exit(actor, reason, error);
  }

  clear(): void {
    this.monitors.clear();
    this.watching.clear();
    this.partners.clear();
  }

  private listen(): void {
    this.system.events.onEnd ??= ({ actor, to, error }: LifecycleEvent) =>
      this.ended(encodeActorId(actor), to === 'Failed' ? 'crash' : 'normal', error);
  }

  private down(actor: string, reason: EndReason, error: unknown): void {
    const all = this.monitors.get(actor);
    if (all === undefined) return;
    this.monitors.delete(actor);
    for (const { id, watcher, handler } of all.values()) {
      removeFrom(this.watching, watcher.encoded, id);
      this.tell(watcher, handler, { monitor: id, actor, reason, error: describe(error) } satisfies Down);
    }
  }

  /** L3. */
  private watchNobody(actor: string): void {
    const all = this.watching.get(actor);
    if (all === undefined || this.system.supervision.comesBack(actor)) return;
    for (const [id, target] of all) {
      const watcher = this.monitors.get(target)?.get(id)?.watcher;
      if (watcher?.definition.virtual != null) return; // the next message has it back
      removeFrom(this.monitors, target, id);
    }
    this.watching.delete(actor);
  }

  private exit(actor: string, reason: EndReason, error: unknown): void {
    const all = this.partners.get(actor);
    if (all === undefined) return;
    this.partners.delete(actor);
    for (const partner of all.values()) {
      removeFrom(this.partners, partner.encoded, actor);
      const { trapExit } = partner.definition;
      if (trapExit !== null)
        this.tell(partner, trapExit, { actor, reason, error: describe(error) } satisfies ExitSignal);
      else if (reason !== 'normal') this.takeAlong(partner, actor, reason, error);
    }
  }

  private takeAlong(partner: Address, actor: string, reason: EndReason, cause: unknown): void {
    const activation = this.find(partner.encoded);
    if (activation === undefined) return; // nothing of it is there that could fail
    const error = new LinkedExitError(partner.encoded, actor, reason, cause === undefined ? {} : { cause });
    outsideTurns(() => exitActor(activation, error));
  }

  private tell({ encoded, definition }: Address, method: string, signal: object): void {
    const { key, tenant, namespace } = decodeActorId(encoded);
    const { sender, logger } = this.system;
    void outsideTurns(async () => {
      try {
        const ref = this.system.refOf(definition, key, { tenant, namespace });
        await sender.tell(ref, ref.cls.handler(method), [signal]);
      } catch (error) {
        logger.warn(`${encoded} was not told by ${method} that ${JSON.stringify(signal)}: ${String(error)}`);
      }
    });
  }

  private unlessThere(address: Address, then: () => void): void {
    if (this.system.supervision.refusalOf(address.encoded) !== null) return then();
    if (address.definition.virtual !== null) return;
    this.system.info(address).then(
      ({ state }) => {
        if (state === 'Terminated') then();
      },
      (error: unknown) => {
        if (isPlexSpacesError(error, 'PS_ACTOR_NOT_FOUND')) then();
        else this.system.logger.warn(`Whether ${address.encoded} is there cannot be told: ${String(error)}`);
      },
    );
  }
}

function entryOf<T>(map: Map<string, Map<string, T>>, key: string): Map<string, T> {
  let entry = map.get(key);
  if (entry === undefined) map.set(key, (entry = new Map<string, T>()));
  return entry;
}

function removeFrom(map: Map<string, Map<string, unknown>>, key: string, id: string): void {
  const entry = map.get(key);
  if (entry?.delete(id) === true && entry.size === 0) map.delete(key);
}

function describe(error: unknown): string | null {
  if (error === undefined) return null;
  return error instanceof Error ? error.message : describeCause(error);
}
