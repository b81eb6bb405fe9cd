import { loadPeer } from './peers';

/** The part of nact that is compared with. Its own types cannot be seen from here: it is not a dependency. */
export interface Nact {
  start(): System;
  stop(system: System): void;
  spawn<State, Message>(
    parent: System,
    handle: (state: State, message: Message) => State,
    name: string,
    options: { readonly initialState: State },
  ): NactRef<Message>;
  dispatch<Message>(to: NactRef<Message>, message: Message): void;
  query<Message, Answer>(
    to: NactRef<Message>,
    message: (replyTo: NactRef<Answer>) => Message,
    timeoutMs: number,
  ): Promise<Answer>;
}

export interface System {
  readonly name: string;
}

export interface NactRef<Message> {
  readonly name: string;
  /** Never there; makes the parameter count. */
  readonly message?: Message;
}

/** A counter as nact's documentation writes one: the state goes in, the next state comes out, the answer is dispatched. */
export interface AddMessage {
  readonly by: number;
  readonly replyTo: NactRef<number>;
}

const TIMEOUT_MS = 30_000;

export class NactCounters {
  private readonly nact = loadPeer<Nact>('nact');
  private readonly system = this.nact.start();

  spawn(name: string): (by: number) => Promise<number> {
    const { nact } = this;
    const counter = nact.spawn(
      this.system,
      (value: number, { by, replyTo }: AddMessage) => {
        const next = value + by;
        nact.dispatch(replyTo, next);
        return next;
      },
      name,
      { initialState: 0 },
    );
    return (by) => nact.query(counter, (replyTo: NactRef<number>) => ({ by, replyTo }), TIMEOUT_MS);
  }

  stop(): void {
    this.nact.stop(this.system);
  }
}
