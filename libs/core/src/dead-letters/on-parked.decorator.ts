import { declareMember, ON_PARKED } from '../actor/metadata';

/**
 * Called when a message was given up and parked.
 *
 * On a method of an **actor class**: about the actor's own messages. It is a turn of that actor, sent in the append that
 * parks, so it runs exactly once, is journaled, and may change state and tell others; it is given a `ParkedNotice`. With
 * `onPoison: 'hold'` it waits, as everything does, until the line is open again. When it fails for good it is parked itself,
 * and nobody is told of that this way.
 *
 * On a method of any other **Nest provider**: about the messages of all actors of this node, each a `DeadLetter`. It is
 * called after the park is durable, outside any turn, at most once: a crash in between loses the call, never the letter,
 * which `DeadLetters` lists. What it throws is logged.
 * @publicApi
 */
export function OnParked(): MethodDecorator {
  return (target, property, descriptor) => declareMember(ON_PARKED, target, property, descriptor, {});
}
