import { Actor, Handle, MemoryStorage, State, UseFacets, durability, virtualActor } from 'plexspaces';
import type { Storage } from 'plexspaces/spi';
import { closeApps, startApp } from '../../support/app';
import { Gate, failureOf, until } from './gate';

@Actor({ type: 'shared_list' })
@UseFacets(durability(), virtualActor())
class SharedList {
  @State() lines: number[] = [];

  @Handle() note(line: number): readonly number[] {
    this.lines.push(line);
    return this.lines;
  }
}

/** One node's handle on a store that others write too. `look`: before it reads a head row. */
function handle(memory: MemoryStorage, look: () => Promise<void> = () => Promise.resolve()): Storage {
  const own = new MemoryStorage(memory.tables);
  const journal = Object.create(own.journal, {
    capabilities: { value: { ...own.journal.capabilities, shared: true } },
    head: { value: (actor: string) => look().then(() => own.journal.head(actor)) },
  }) as Storage['journal'];
  return { journal, inbox: own.inbox, checkpoints: own.checkpoints };
}

afterEach(closeApps);

describe('the order of one sender on a store that two nodes write (P2)', () => {
  it('an ask that only a slow node knows of does not run after the tell behind it, which the other node ran', async () => {
    const memory = new MemoryStorage();
    const gate = new Gate();
    const slow = (await startApp({ actors: [SharedList], storage: handle(memory, () => gate.pass()) })).client(
      SharedList,
    );
    const ref = slow.ref('a');
    const asked = failureOf(ref.ask.note(1));
    await gate.reached();
    await ref.tell.note(2);
    await startApp({ actors: [SharedList], storage: handle(memory) }); // it finds the row
    await until(async () => (await memory.inbox.due(Infinity, 1)).length === 0);
    gate.open();
    expect(await asked).toMatchObject({ code: 'PS_ACTOR_FAILED', retryable: true });
    expect(await ref.ask.note(3)).toEqual([2, 3]);
    expect(await ref.ask.note(1)).toEqual([2, 3, 1]);
  });

  it('runs what came before a tell that nobody else has run, however slow the node is', async () => {
    const memory = new MemoryStorage();
    const gate = new Gate();
    const slow = (await startApp({ actors: [SharedList], storage: handle(memory, () => gate.pass()) })).client(
      SharedList,
    );
    const ref = slow.ref('a');
    const asked = ref.ask.note(1);
    await gate.reached();
    await ref.tell.note(2);
    const last = ref.ask.note(3);
    gate.open();
    expect(await asked).toEqual([1]);
    expect(await last).toEqual([1, 2, 3]);
  });
});
