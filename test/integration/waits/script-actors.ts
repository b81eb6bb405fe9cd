import { Actor, Handle, State, UseFacets, actorContext, durability, virtualActor } from 'plexspaces';

/** What a handler does, one step after the other. Actors are named `p…` (plain) or `d…` (durable). */
export type Script = readonly Step[];

export type Step =
  | { readonly ask: string; readonly does: Script }
  | { readonly tell: string; readonly does: Script }
  | { readonly read: string }
  | { readonly sleep: number }
  | { readonly effect: number }
  | { readonly all: readonly Script[] }
  | { readonly race: readonly Script[] }
  /** Goes on when it fails; `note` keeps why. */
  | { readonly caught: Script };

abstract class Scripted {
  /** Codes of the errors that were caught. */
  @State() seen: string[] = [];
  /** Scripts that were run to their end. */
  @State() done = 0;

  @Handle() async run(script: Script): Promise<number> {
    await this.go(script);
    return ++this.done;
  }

  @Handle({ readOnly: true }) read(): { seen: readonly string[]; done: number } {
    return { seen: this.seen, done: this.done };
  }

  private async go(script: Script): Promise<void> {
    for (const step of script) await this.take(step);
  }

  private async take(step: Step): Promise<unknown> {
    const context = actorContext();
    if ('ask' in step) return context.actor(classOf(step.ask), step.ask).ask.run(step.does);
    if ('tell' in step) return context.actor(classOf(step.tell), step.tell).tell.run(step.does);
    if ('read' in step) return context.actor(classOf(step.read), step.read).ask.read();
    if ('sleep' in step) return context.sleep(step.sleep);
    if ('effect' in step) return context.sideEffect('wait', () => pauses(step.effect));
    if ('all' in step) return Promise.all(step.all.map((script) => this.go(script)));
    if ('race' in step) return Promise.race(step.race.map((script) => this.go(script)));
    try {
      await this.go(step.caught);
    } catch (error) {
      this.seen.push((error as { code?: string }).code ?? String(error));
    }
    return undefined;
  }
}

/** How effects wait: on the clock of the test. */
let pauses: (ms: number) => Promise<unknown> = () => Promise.resolve();
export function letEffectsWait(pause: (ms: number) => Promise<unknown>): void {
  pauses = pause;
}

@Actor({ type: 'plain' })
@UseFacets(virtualActor())
export class Plain extends Scripted {}

@Actor({ type: 'kept' })
@UseFacets(durability(), virtualActor())
export class Kept extends Scripted {}

export function classOf(key: string): typeof Plain | typeof Kept {
  return key.startsWith('d') ? Kept : Plain;
}

export const ask = (key: string, ...does: Script): Step => ({ ask: key, does });
export const sleep = (ms: number): Step => ({ sleep: ms });
