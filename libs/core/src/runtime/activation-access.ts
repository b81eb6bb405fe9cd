import type { ActorInfo } from '../actor/actor-ref';
import type { FacetChain, ResolvedFacet } from '../facet/facet-chain';
import type { Activation } from './activation';
import type { Activations } from './activations';
import type { ActorClass } from './actor-class';
import type { Address } from './address';
import type { Departure } from './lifecycle-events';
import type { Message } from './message';
import type { PlainActivation } from './plain-activation';

/** The part of the actor system that the actors in memory answer, of whichever term is running. */
export abstract class ActivationAccess {
  protected abstract readonly activations: Activations;
  abstract mayAct(): boolean;
  abstract notOwner(): Error;

  activate(address: Address): Promise<void> {
    return this.mayAct() ? this.activations.activate(address) : Promise.reject(this.notOwner());
  }

  activationOf(address: Address): Activation | undefined {
    return this.activations.get(address);
  }

  /** Actors in memory whose line is closed until somebody acts, by id. */
  heldActors(): readonly string[] {
    const held: string[] = [];
    for (const activation of this.activations.all) if (activation.isHeld) held.push(activation.actorId);
    return held;
  }

  assertRoom(message: Message): void {
    this.activations.assertRoom(message);
  }

  isInMemory(address: Address): boolean {
    return this.activations.isInMemory(address);
  }

  info(address: Address): Promise<ActorInfo> {
    return this.activations.info(address);
  }

  chainOf(address: Address, cls: ActorClass): FacetChain {
    return this.activations.chainOf(address, cls);
  }

  facetsOf(address: Address): readonly ResolvedFacet[] {
    return this.activations.facetsOf(address);
  }

  facetsChanged(activation: Activation): void {
    this.activations.facetsChanged(activation);
  }

  released(activation: Activation, departure: Departure): void {
    this.activations.released(activation, departure);
  }

  keepsInbox(address: Address): boolean {
    return this.activations.isDurable(address);
  }

  markDurable(address: Address): Promise<void> {
    return this.activations.markDurable(address);
  }

  makeDurable(activation: PlainActivation, message: Message): void {
    this.activations.makeDurable(activation, message);
  }
}
