import {
  Actor,
  type ActorRef,
  Handle,
  type ReplyToken,
  State,
  UseFacets,
  actorContext,
  durability,
  virtualActor,
} from 'plexspaces';

/** What a handler does, one step after the other. Actors are named `p…` (plain) or `d…` (durable). */
export type Script = readonly Step[];

export type Step =
  | { readonly ask: string; readonly does: Script }
  /** Asked for an answer that is put off: the end of a message of that actor to itself is it. */
  | { readonly request: string; readonly does: Script }
  /** The same, with the token kept; a later message, sent in so many ms, answers. */
  | { readonly aside: string; readonly afterMs: number; readonly does: Script }
  /** Asked inside a side effect: all of them, the first answer is enough. So are `afterMs`, which it may go on with by itself. */
  | { readonly outside: readonly { readonly ask: string; readonly does: Script }[]; readonly afterMs?: number }
  /** Runs inside the turn of a plain actor that waits for it, else in its turn. */
  | { readonly reenter: string; readonly does: Script }
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
  @State() owed: Record<string, ReplyToken<number>> = {};

  @Handle() async run(script: Script): Promise<number> {
    await this.go(script);
    return ++this.done;
  }

  @Handle() async putOff(script: Script): Promise<ReplyToken<number>> {
    const token = actorContext().deferReply<number>();
    await this.self().with({ replyTo: token }).tell.run(script);
    return token;
  }

  @Handle() async putAside(afterMs: number, script: Script): Promise<ReplyToken<number>> {
    const context = actorContext();
    const token = context.deferReply<number>();
    this.owed[context.messageId] = token;
    await this.self().with({ delay: afterMs }).tell.settle(context.messageId, script);
    return token;
  }

  @Handle() async settle(id: string, script: Script): Promise<void> {
    const token = this.owed[id] as ReplyToken<number>;
    Reflect.deleteProperty(this.owed, id);
    try {
      await this.go(script);
    } catch (error) {
      return actorContext().replyError(token, error);
    }
    actorContext().reply(token, ++this.done);
  }

  @Handle({ readOnly: true }) read(): { seen: readonly string[]; done: number } {
    return { seen: this.seen, done: this.done };
  }

  private self(): ActorRef<Plain | Kept> {
    const { key } = actorContext().self;
    return actorContext().actor<Plain | Kept>(classOf(key), key);
  }

  protected async go(script: Script): Promise<void> {
    for (const step of script) await this.take(step);
  }

  private async take(step: Step): Promise<unknown> {
    const context = actorContext();
    if ('ask' in step) return context.actor(classOf(step.ask), step.ask).ask.run(step.does);
    if ('request' in step) return context.actor(classOf(step.request), step.request).ask.putOff(step.does);
    if ('aside' in step) return context.actor(classOf(step.aside), step.aside).ask.putAside(step.afterMs, step.does);
    if ('outside' in step)
      return context.sideEffect('outside', () => {
        const asks = step.outside.map(({ ask: key, does }) => context.actor(classOf(key), key).ask.run(does));
        return Promise.race(step.afterMs === undefined ? asks : [...asks, pauses(step.afterMs)]);
      });
    if ('reenter' in step) return context.actor(Plain, step.reenter).ask.again(step.does);
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
export class Plain extends Scripted {
  @Handle({ reentrant: true }) async again(script: Script): Promise<number> {
    await this.go(script);
    return ++this.done;
  }
}

@Actor({ type: 'kept' })
@UseFacets(durability(), virtualActor())
export class Kept extends Scripted {}

export function classOf(key: string): typeof Plain | typeof Kept {
  return key.startsWith('d') ? Kept : Plain;
}

export const ask = (key: string, ...does: Script): Step => ({ ask: key, does });
export const sleep = (ms: number): Step => ({ sleep: ms });
