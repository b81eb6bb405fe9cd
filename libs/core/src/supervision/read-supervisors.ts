import type { Type } from '@nestjs/common';
import { parseDuration } from '#spi';
import type { ActorRegistry } from '../actor/actor.registry';
import { actorOptionsOf } from '../actor/actor.decorator';
import { DuplicateChildError, InvalidSupervisorError } from '../errors';
import { type BackoffPolicy, NO_BACKOFF, resolveBackoff } from './backoff';
import { type ChildSpec, child } from './child-spec';
import { readActorChild, readRestart } from './read-child';
import {
  type SupervisorChildren,
  type SupervisorOptions,
  supervisorNameOf,
  supervisorOptionsOf,
} from './supervisor.decorator';
import type { ChildDefinition, SupervisorDefinition } from './supervisor-definition';

const STRATEGIES: readonly unknown[] = ['oneForOne', 'oneForAll', 'restForOne', 'simpleOneForOne'];

/**
 * Turns decorated classes into trees, checked as a whole: a child has one supervisor, and no supervisor is below itself.
 * @returns the roots
 * @throws InvalidSupervisorError, DuplicateChildError
 */
export function readSupervisors(
  classes: readonly Type<object>[],
  registry: Pick<ActorRegistry, 'byClass'>,
): readonly SupervisorDefinition[] {
  return new ForestReader(new Set(classes), registry).read();
}

class ForestReader {
  private readonly read_ = new Map<Type<object>, SupervisorDefinition>();
  /** Who has whom: actors by type and key, supervisors by name. */
  private readonly holders = new Map<string, string>();
  private readonly children = new Set<Type<object>>();

  constructor(
    private readonly classes: ReadonlySet<Type<object>>,
    private readonly registry: Pick<ActorRegistry, 'byClass'>,
  ) {}

  read(): readonly SupervisorDefinition[] {
    const names = new Map<string, string>();
    for (const cls of this.classes) {
      const name = supervisorNameOf(cls);
      const other = names.get(name);
      if (other !== undefined)
        throw new InvalidSupervisorError(name, `${other} and ${cls.name} have that name`, 'Give one of them another.');
      names.set(name, cls.name);
    }
    for (const cls of this.classes) this.define(cls, []);
    const roots = [...this.classes].filter((cls) => !this.children.has(cls));
    for (const cls of this.children)
      if (supervisorOptionsOf(cls)?.onRootFailure !== undefined)
        throw new InvalidSupervisorError(
          supervisorNameOf(cls),
          'it sets onRootFailure, but is the child of another supervisor',
          'Set it there: only the topmost supervisor has nobody to fail to.',
        );
    return roots.map((cls) => this.read_.get(cls) as SupervisorDefinition);
  }

  private define(cls: Type<object>, above: readonly string[]): SupervisorDefinition {
    const name = supervisorNameOf(cls);
    if (above.includes(name))
      throw new InvalidSupervisorError(
        name,
        `it supervises itself: ${[...above, name].join(' → ')}`,
        'Take one of these out of the children of the one before it.',
      );
    const known = this.read_.get(cls);
    if (known !== undefined) return known;
    const options = supervisorOptionsOf(cls) as SupervisorOptions;
    checkOptions(name, options);
    const specs = listOf(name, options).map((given) => (typeof given === 'function' ? child(given) : given));
    const isSimple = options.strategy === 'simpleOneForOne';
    const definition: SupervisorDefinition = {
      name,
      cls,
      strategy: options.strategy,
      maxRestarts: options.maxRestarts ?? 10,
      withinMs: attempt(name, 'within', () => parseDuration(options.within ?? options.withinDuration ?? '10s')),
      backoff: backoffOf(name, options),
      children: isSimple ? [] : this.childrenOf(name, specs, [...above, name]),
      mould: isSimple ? this.mouldOf(name, specs) : null,
      onRootFailure: options.onRootFailure ?? 'report',
    };
    this.read_.set(cls, definition);
    return definition;
  }

  private childrenOf(name: string, specs: readonly ChildSpec[], above: readonly string[]): readonly ChildDefinition[] {
    const ids = new Set<string>();
    return specs.map((spec) => {
      const made = this.childOf(name, spec, above);
      if (ids.has(made.id)) throw new DuplicateChildError(name, made.id);
      ids.add(made.id);
      const who = made.kind === 'actor' ? `${made.definition.type}/${made.key}` : made.supervisor.name;
      const holder = this.holders.get(who);
      if (holder !== undefined) throw new DuplicateChildError(name, who, holder);
      this.holders.set(who, name);
      return made;
    });
  }

  private childOf(name: string, spec: ChildSpec, above: readonly string[]): ChildDefinition {
    const { cls, key, options } = checkSpec(name, spec);
    if (supervisorOptionsOf(cls) === undefined) return readActorChild(name, spec, this.definitionOf(name, cls));
    if (!this.classes.has(cls))
      throw new InvalidSupervisorError(
        name,
        `its child ${cls.name} is no provider of this application`,
        'List it in PlexSpacesModule.forFeature([...]) too.',
      );
    const wrong = key !== null ? 'key' : Object.keys(options).find((option) => option !== 'id' && option !== 'restart');
    if (wrong !== undefined)
      throw new InvalidSupervisorError(
        name,
        `its child ${cls.name} is a supervisor, which has no ${wrong}`,
        'Its own children have their own.',
      );
    this.children.add(cls);
    const supervisor = this.define(cls, above);
    return { kind: 'supervisor', id: options.id ?? supervisor.name, restart: readRestart(name, spec), supervisor };
  }

  private mouldOf(name: string, specs: readonly ChildSpec[]): SupervisorDefinition['mould'] {
    const [spec] = specs;
    const isMould = specs.length === 1 && spec?.key === null && spec.options.id === undefined;
    if (!isMould || supervisorOptionsOf(spec.cls) !== undefined)
      throw new InvalidSupervisorError(
        name,
        'with simpleOneForOne its children must be one child(ActorClass, options), without key and id',
        'Keys are given to addChild().',
      );
    return readActorChild(name, { ...spec, key: 'any' }, this.definitionOf(name, spec.cls));
  }

  private definitionOf(name: string, cls: Type<object>) {
    if (actorOptionsOf(cls) === undefined)
      throw new InvalidSupervisorError(
        name,
        `its child ${cls.name} is neither an actor nor a supervisor`,
        'Decorate it with @Actor() or @Supervisor().',
      );
    try {
      return this.registry.byClass(cls);
    } catch {
      throw new InvalidSupervisorError(
        name,
        `its child ${cls.name} is no provider of this application`,
        'List it in PlexSpacesModule.forFeature([...]) too.',
      );
    }
  }
}

function checkSpec(name: string, spec: ChildSpec | undefined): ChildSpec {
  if (typeof spec?.cls === 'function') return spec;
  throw new InvalidSupervisorError(
    name,
    'one of its children is no class',
    'Use child(Class, key); if it is one, two files import each other: move one of them.',
  );
}

const KNOWN = ['name', 'strategy', 'maxRestarts', 'within', 'withinDuration', 'backoff', 'children', 'onRootFailure'];

function checkOptions(name: string, options: SupervisorOptions): void {
  const refuse = (reason: string, remedy: string): never => {
    throw new InvalidSupervisorError(name, reason, remedy);
  };
  const unknown = Object.keys(options).find((option) => !KNOWN.includes(option));
  if (unknown !== undefined) refuse(`it has no option ${unknown}`, `Options: ${KNOWN.join(', ')}.`);
  if (!STRATEGIES.includes(options.strategy))
    refuse(`strategy is ${options.strategy as string}`, `Use one of ${STRATEGIES.join(', ')}.`);
  const { maxRestarts = 0, onRootFailure = 'report' } = options;
  if (!Number.isSafeInteger(maxRestarts) || maxRestarts < 0)
    refuse(`maxRestarts is ${String(maxRestarts)}`, 'It must be a whole number from 0 up.');
  if (options.within !== undefined && options.withinDuration !== undefined)
    refuse('within and withinDuration are given', 'They are two names of one option: give one.');
  if (onRootFailure !== 'report' && onRootFailure !== 'exit')
    refuse(`onRootFailure is ${String(onRootFailure)}`, "Use 'report' or 'exit'.");
}

function listOf(name: string, { children }: SupervisorOptions): SupervisorChildren {
  const list: unknown = typeof children === 'function' ? children() : children;
  if (Array.isArray(list)) return list as SupervisorChildren;
  throw new InvalidSupervisorError(name, 'children is no array', 'Give an array of child(Class, key).');
}

function backoffOf(name: string, { backoff }: SupervisorOptions): BackoffPolicy {
  return backoff === undefined ? NO_BACKOFF : attempt(name, 'backoff', () => resolveBackoff(backoff));
}

function attempt<T>(name: string, option: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new InvalidSupervisorError(name, `${option} is refused: ${reason}`, 'Correct it.');
  }
}
