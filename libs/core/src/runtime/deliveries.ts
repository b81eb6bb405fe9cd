import { isHeardOf } from '../deferred/delegation';
import { NodeStoppingError } from '../errors';
import { acceptTell } from './accept-tell';
import type { Activations } from './activations';
import type { Message } from './message';
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

  /** A send of a committed turn: durable receivers have its row already. */
  deliverSend(message: Message): void {
    const { system } = this;
    if (system.keepsInbox(message.to)) message.row = 'stored';
    const waitMs = message.isDelayed ? message.dueAt - system.env.now() : 0;
    if (waitMs <= 0) return this.bring(message);
    message.leave(); // what its sender sends meanwhile does not wait for it
    if (message.row === 'stored') system.wakeAt(message.to, message.dueAt);
    else system.env.schedule(() => this.bring(message), waitMs);
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

  private bring(message: Message): void {
    if (this.system.mayAct()) return this.activations().deliver(message);
    const { handler, trail, to } = message;
    if (message.row === 'none' && !isHeardOf(message))
      this.system.logger.error(`${handler.name} from ${trail.sender} to ${to.encoded} is lost: this node may not act`);
    refuse(message, this.system.notOwner()); // a row in the store is for its owner
  }
}

function refuse(message: Message, error: Error): void {
  message.fail(error);
  message.leave();
}
