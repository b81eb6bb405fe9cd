import { Subject, type Observable } from 'rxjs';
import type { Type } from '@nestjs/common';
import type { Activation } from '../runtime/activation';
import type { Reins } from '../runtime/reins';
import type { SystemPort } from '../runtime/system-port';
import { UnknownChildError } from '../errors';
import { outsideTurns } from '../turn/frame';
import type { ChildActor } from './child-actor';
import type { Exit } from './decide-restart';
import { endProcess } from './end-process';
import { Links } from './links';
import { RestartLog } from './restart-log';
import { statsOf } from './supervisor-stats';
import { type Forest, SupervisorNode } from './supervisor-node';
import type { SupervisionEvent, SupervisionStatus } from './supervision-events';
import type { SupervisorDefinition } from './supervisor-definition';
import type { Supervised, Watcher } from './supervised';

/**
 * All supervisors of this process (DESIGN §5). It owns the forest and who is whose child; a node owns its children.
 *
 *  F1. Trees start one after another, as a term begins; one that does not is stopped again, and the start fails.
 *  F2. When a term ends nothing of it goes on; the next begins with new trees, and the restarts as they were recorded.
 * @publicApi
 */
export class Supervision {
  private definitions: readonly SupervisorDefinition[] = [];
  private roots: SupervisorNode[] = [];
  private readonly wards = new Map<string, ChildActor>();
  private readonly subject = new Subject<SupervisionEvent>();
  /** @internal Who hears of whose end. */
  readonly links: Links;
  private forest = 0;
  private starting: Promise<void> | null = null;

  /** @internal */
  constructor(
    private readonly system: SystemPort,
    private readonly find: (encoded: string) => Activation | undefined,
  ) {
    this.links = new Links(system, find);
  }

  /** What supervisors do, from now on. */
  get events$(): Observable<SupervisionEvent> {
    return this.subject;
  }

  /** How all supervisors are, now. */
  status(): SupervisionStatus {
    const isUp = this.roots.every((root) => root.lastError === undefined);
    return { isUp, supervisors: this.nodes().map(statsOf) };
  }

  /** @internal Known before anything starts. */
  define(definitions: readonly SupervisorDefinition[]): void {
    this.definitions = definitions;
  }

  /** @internal What holds the line of this actor; `null`: nobody's child. */
  reinsOf(encoded: string): Reins | null {
    return this.wards.size === 0 ? null : (this.wards.get(encoded)?.reins ?? null);
  }

  /** @internal Why a message for this actor finds nobody. */
  refusalOf(encoded: string): Error | null {
    return this.wards.size === 0 ? null : (this.wards.get(encoded)?.refusal ?? null);
  }

  /** @internal This actor as a child; `undefined`: it is nobody's. */
  childOf(encoded: string): ChildActor | undefined {
    return this.wards.get(encoded);
  }

  /** @internal It has ended, and its supervisor starts it again: what comes meanwhile waits for that. */
  comesBack(encoded: string): boolean {
    return this.wards.get(encoded)?.isBetweenLives === true;
  }

  /** @internal Whose child an actor is. */
  holderOf(encoded: string): string | null {
    return this.wards.get(encoded)?.supervisor ?? null;
  }

  /** @internal F1. */
  start(): Promise<void> {
    return (this.starting ??= outsideTurns(() => this.startTrees()));
  }

  /** @internal In reverse order, for `limitMs` at most. */
  async stop(limitMs: number): Promise<void> {
    const { roots } = this;
    if (roots.length === 0) return;
    const stopping = outsideTurns(async () => {
      for (const root of [...roots].reverse()) await root.shutDown();
    });
    const limit = new Promise<void>((resolve) => {
      const timer = this.system.env.schedule(resolve, limitMs);
      void stopping.finally(() => timer.cancel());
    });
    await Promise.race([stopping, limit]);
    this.wards.clear();
    this.forest++;
  }

  /** @internal F2. */
  reset(): void {
    this.forest++;
    this.starting = null;
    this.wards.clear();
    this.links.clear();
    for (const node of this.nodes()) node.status = 'stopped';
    this.roots = [];
  }

  /** @internal @throws UnknownChildError before the start, or for a class that is no supervisor here */
  nodeOf(cls: Type<object>, name: string): SupervisorNode {
    const found = this.nodes().find(({ definition }) => definition.cls === cls || definition.name === name);
    if (found === undefined)
      throw new UnknownChildError(
        'of this application',
        name,
        this.nodes().map((node) => node.name),
      );
    return found;
  }

  private async startTrees(): Promise<void> {
    const forest = this.plant();
    const root: Watcher = { name: '', childEnded: (node, exit) => this.rootEnded(node, exit) };
    const roots = this.definitions.map(
      (supervisor) =>
        new SupervisorNode(
          forest,
          supervisor,
          { kind: 'supervisor', id: supervisor.name, restart: 'temporary', supervisor },
          root,
        ),
    );
    this.roots = roots;
    for (const node of roots) {
      try {
        await node.start();
      } catch (error) {
        node.lastError = error;
        if (forest.isThere()) {
          for (const other of [...roots].reverse()) await other.retire(error); // nothing of it stands where the next try begins
          this.starting = null;
        }
        throw error;
      }
    }
  }

  private plant(): Forest {
    const mine = ++this.forest;
    const { system, wards } = this;
    const isThere = (): boolean => mine === this.forest;
    wards.clear();
    return {
      system,
      isThere,
      log: new RestartLog(system, system.logger, () => isThere() && system.mayAct()),
      find: this.find,
      takeIn: (child) => void wards.set(child.address.encoded, child),
      letGo: ({ address, reins }) => {
        if (wards.get(address.encoded)?.reins === reins) wards.delete(address.encoded);
      },
      emit: (event) => outsideTurns(() => this.subject.next(event)),
    };
  }

  private rootEnded(node: Supervised, { error }: Exit): void {
    if (!(node instanceof SupervisorNode) || !this.roots.includes(node)) return;
    this.system.logger.error(`${error instanceof Error ? error.message : String(error)} Nobody is above it.`);
    void node.retire(error).then(() => {
      this.subject.next({ kind: 'rootFailed', supervisor: node.name, error });
      if (node.definition.onRootFailure === 'exit') endProcess();
    });
  }

  private nodes(): SupervisorNode[] {
    const below = (node: SupervisorNode): SupervisorNode[] => [
      node,
      ...node.children.flatMap((each) => (each instanceof SupervisorNode ? below(each) : [])),
    ];
    return this.roots.flatMap(below);
  }
}
