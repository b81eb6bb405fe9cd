import type { NotOwnerError } from '../errors';
import type { ExplainContributor } from './contributor';
import type { Cause } from './explanation';

/** What holds up every actor of this node. */
export const explainNode: ExplainContributor = {
  name: 'this node',
  explain({ system }) {
    const causes: Cause[] = [];
    if (!system.mayAct()) {
      const { owner, retryAfter } = system.notOwner() as NotOwnerError;
      causes.push({
        kind: 'standBy',
        says: owner === null ? 'This node does not own its store.' : `This node stands by: ${owner} owns the store.`,
        remedy: 'Ask that node. When its lease ends, another one takes over and goes on by itself.',
        facts: { owner, retryAfter },
      });
    }
    if (system.isStopping)
      causes.push({
        kind: 'stopping',
        says: 'This node is shutting down: it takes no messages of clients any more.',
        remedy: 'What was accepted goes on at the next start, or on the node that takes over.',
        facts: {},
      });
    if (system.writer.isReadingBack)
      causes.push({
        kind: 'commitUnknown',
        says: 'A commit failed, and what became of it is being read from the store; nothing is written meanwhile.',
        remedy: 'It ends by itself when the store answers. Look after the store if it does not.',
        facts: { store: system.storage.journal.name, waiting: system.writer.backlog },
      });
    return causes;
  },
};
