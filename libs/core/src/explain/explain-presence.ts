import type { ExplainContributor } from './contributor';
import { isKept } from './explain-supervision';
import type { Cause } from './explanation';

/** Whether there is an actor that could move. */
export const explainPresence: ExplainContributor = {
  name: 'its presence',
  async explain({ address, system, activation }) {
    const kept = isKept(system.supervision.childOf(address.encoded)); // then what its supervisor does counts
    if (activation !== undefined)
      return activation.state === 'Creating' && activation.reins?.isTight !== true ? [loading(activation.waiting)] : [];
    const { state } = await system.info(address).catch((error: unknown) => {
      if ((error as { code?: unknown }).code === 'PS_ACTOR_NOT_FOUND') return { state: null };
      throw error;
    });
    if (state === 'Terminated' && !(kept && !system.keepsInbox(address)))
      return [terminated(address.definition.virtual !== null)];
    if (kept) return [];
    if (state === null) return [absent(address.definition.type)];
    return [
      {
        kind: 'notInMemory',
        says: 'It is not in memory: nobody has sent it anything, or it was idle.',
        remedy: 'Its next message brings it back. Messages that are due wake it by themselves.',
        facts: {},
      },
    ];
  },
};

function loading(waiting: number): Cause {
  return {
    kind: 'loading',
    says: `It is being loaded or created; ${waiting} messages wait for that.`,
    remedy:
      'It ends by itself; if it lasts, look at the store, at onCreate and onActivate, and at the hooks of its facets.',
    facts: { waiting },
  };
}

function absent(type: string): Cause {
  return {
    kind: 'absent',
    says: 'There is no such actor: it was never created.',
    remedy: `Create it with spawn() or orCreate(), or give ${type} virtualActor().`,
    facts: {},
  };
}

function terminated(isVirtual: boolean): Cause {
  return {
    kind: 'terminated',
    says: 'It was stopped.',
    remedy: isVirtual
      ? 'Its next message brings it back.'
      : 'That is final: its id is not used again. Create another one.',
    facts: {},
  };
}
