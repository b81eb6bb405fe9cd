import { isObservable, lastValueFrom } from 'rxjs';
import { encodeActorId } from '#spi';
import type { ActorCall } from './actor-execution-context';
import type { Admission, AdmittedCall } from './admission';

type Deliver = (args: readonly unknown[]) => Promise<unknown>;
const DELIVER = Symbol('deliver');

/** The call on its way through Nest: the one argument of its execution context. */
export interface PendingCall extends ActorCall {
  readonly [DELIVER]: Deliver;
}

/** The innermost step: the arguments as the pipes left them are stored, and the answer comes back. */
export function deliverCall(call: PendingCall, args: readonly unknown[]): Promise<unknown> {
  return call[DELIVER](args);
}

/** Guards, interceptors and filters as Nest composed them, around one handler. */
export class NestAdmission implements Admission {
  constructor(private readonly enter: (call: PendingCall) => Promise<unknown>) {}

  async run(call: AdmittedCall, args: readonly unknown[], deliver: Deliver): Promise<unknown> {
    const { actor, method, headers, principal, sender } = call;
    const actorId = encodeActorId(actor);
    const answer = await this.enter({
      actor,
      actorId,
      method,
      args,
      headers,
      principal,
      sender,
      [DELIVER]: deliver,
    });
    return isObservable(answer) ? lastValueFrom(answer) : answer; // a filter written for microservices answers with one
  }
}
