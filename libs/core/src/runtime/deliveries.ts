import { isHeardOf } from '../deferred/delegation';
import { NodeStoppingError } from '../errors';
import { acceptRow, acceptTell } from './accept-tell';
import type { Activations } from './activations';
import type { Message } from './message';
import { CREATE } from './system-messages';
import type { SystemPort } from './system-port';
import { tellInTransaction } from './transaction-tell';

/** The one way messages take to their receivers, and where a node that must not take them says so. */
export class Deliveries {
  /** Messages of clients are refused: the node is about to end. */
  isStopping = false;

  constructor(
    private readonly system: SystemPort,
    private readonly activations: () => Activations,
  ) {}

  deliver(message: Message): void {
    if (this.isStopping && message.trail.sender === '' && message.row === 'none')
      return refuse(message, new NodeStoppingError(message.to.encoded));
    this.bring(message);
  }

  /**
   * A send of a turn that has ended well: its row was in that turn's commit. Where there was none, since the sender keeps no
   * journal or the receiver did not, a receiver that keeps an inbox accepts it now; what creates an actor gets its row with that.
   */
  deliverSend(message: Message): void {
    const { system } = this;
    if (message.row === 'accepting') message.row = 'stored';
    else if (message.handler !== CREATE && system.keepsInbox(message.to)) return this.acceptSend(message);
    const waitMs = message.isDelayed ? message.dueAt - system.env.now() : 0;
    if (waitMs <= 0) return this.bring(message);
    message.leave(); // what its sender sends meanwhile does not wait for it
    if (message.row === 'stored') system.wakeAt(message.to, message.dueAt);
    else system.env.schedule(() => this.fallDue(message), waitMs);
  }

  async accept(message: Message): Promise<void> {
    this.assertOpen(message);
    return acceptTell(this.system, message);
  }

  async acceptInTransaction(message: Message, transaction: object): Promise<void> {
    this.assertOpen(message);
    return tellInTransaction(this.system, message, transaction, () => {
      if (!this.isStopping) this.deliverSend(message); // else it is for the next start
    });
  }

  /** @throws NodeStoppingError, NotOwnerError */
  private assertOpen({ to }: Message): void {
    if (this.isStopping) throw new NodeStoppingError(to.encoded);
    if (!this.system.mayAct()) throw this.system.notOwner();
  }

  /** A message that waited in memory; by now its receiver may keep an inbox. */
  private fallDue(message: Message): void {
    message.fallDue();
    this.deliverSend(message);
  }

  private acceptSend(message: Message): void {
    if (!this.system.mayAct()) return this.lose(message, this.system.notOwner());
    acceptRow(this.system, message).then(
      // Its receiver was not there, and was asked before the row was: the row is for whoever reads it next, which parks it at least.
      () => message.isOver && message.run === null && this.system.wakeAt(message.to, this.system.env.now()),
      (error: unknown) => this.lose(message, error as Error),
    );
  }

  private bring(message: Message): void {
    if (this.system.mayAct()) return this.activations().deliver(message);
    if (message.row === 'none' && !isHeardOf(message)) return this.lose(message, this.system.notOwner());
    refuse(message, this.system.notOwner()); // a row in the store is for its owner
  }

  /** Nobody waits for what an actor tells: the log is told. */
  private lose(message: Message, error: Error): void {
    const { handler, trail, to } = message;
    this.system.logger.error(`${handler.name} from ${trail.sender} to ${to.encoded} is lost: ${error.message}`);
    refuse(message, error);
  }
}

function refuse(message: Message, error: Error): void {
  message.fail(error);
  message.leave();
}
