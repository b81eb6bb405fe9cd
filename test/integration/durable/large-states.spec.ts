import { Actor, Handle, State, UseFacets, virtualActor } from 'plexspaces';
import { ActorTestingModule, type TestApp } from 'plexspaces/testing';
import { DURABLE, PLAIN } from '../../support/kinds';

// Messages are of a megabyte at most; what they make of a state may be more.

class Notes {
  @State() text = '';
  @State() lines: string[] = [];
  @Handle() add(line: string): number {
    this.text += line;
    this.lines.push(line);
    return this.text.length;
  }
  @Handle({ readOnly: true }) length(): number {
    return this.text.length;
  }
}

let app: TestApp;
afterEach(() => app.close());

describe.each([PLAIN, DURABLE])('a state of more than a message of $name', (kind) => {
  const LINE = 'x'.repeat(700_000);

  it('is read, and goes on', async () => {
    const notes = kind.virtual(Notes, { type: 'notes' });
    app = await ActorTestingModule.create({ actors: [notes] }).start();
    const ref = app.ref(notes, 'n');
    for (let i = 1; i <= 3; i++) expect(await ref.ask.add(LINE)).toBe(i * LINE.length);
    expect(await ref.ask.length()).toBe(3 * LINE.length);
    if (kind.isDurable) expect(await ref.history.verify()).toMatchObject({ divergences: [] });
  });
});

it('a state of more than a message is still there when its actor gets a journal', async () => {
  @Actor({ type: 'late' })
  @UseFacets(virtualActor())
  class Late extends Notes {}
  app = await ActorTestingModule.create({ actors: [Late] }).start();
  for (let i = 0; i < 3; i++) await app.ref(Late, 'n').ask.add('x'.repeat(700_000));
  await app.ref(Late, 'n').facets.attach('durability');
  await app.crash();
  await app.restart();
  expect(await app.ref(Late, 'n').ask.length()).toBe(2_100_000);
});
