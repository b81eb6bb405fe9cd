import type { Type } from '@nestjs/common';
import { Actor, Handle, Supervisor, type SupervisorOptions, child } from 'plexspaces';
import { closeApps, startApp } from '../../support/app';

@Actor({ type: 'worker' })
class Worker {
  @Handle() work(): void {}
}
@Actor({ type: 'stranger' })
class Stranger {
  @Handle() work(): void {}
}
class Nothing {}

function named(name: string, options: object): Type<object> {
  const made = { [name]: class {} }[name] as Type<object>;
  const whole: SupervisorOptions = { strategy: 'oneForOne', children: [], ...options };
  Supervisor(whole)(made);
  return made;
}

afterEach(closeApps);

async function refusal(...supervisors: Type<object>[]): Promise<string> {
  try {
    await startApp({ actors: [Worker, ...supervisors] });
  } catch (error) {
    const { code, message } = error as { code: string; message: string };
    return `${code} ${message}`;
  }
  return 'started';
}

describe('definitions that are refused at start', () => {
  it('a supervisor below itself, with the path', async () => {
    const inner: Type<object> = named('Inner', { children: () => [outer] });
    const outer: Type<object> = named('Outer', { children: () => [inner] });
    expect(await refusal(inner, outer)).toContain('it supervises itself: Inner → Outer → Inner');
    expect(await refusal(inner, outer)).toContain('PS_INVALID_SUPERVISOR');
  });

  it('two children of one id, or of one key', async () => {
    const ids = named('Top', { children: [child(Worker, 'a', { id: 'x' }), child(Worker, 'b', { id: 'x' })] });
    expect(await refusal(ids)).toMatch(/^PS_DUPLICATE_CHILD Supervisor Top reports: x is a child of Top already/);
    const keys = named('Top', { children: [child(Worker, 'a', { id: 'x' }), child(Worker, 'a', { id: 'y' })] });
    expect(await refusal(keys)).toMatch(/^PS_DUPLICATE_CHILD .*worker\/a is a child of Top already/);
  });

  it('one actor, or one supervisor, below two', async () => {
    const one = named('One', { children: [child(Worker, 'a')] });
    const two = named('Two', { children: [child(Worker, 'a')] });
    expect(await refusal(one, two)).toMatch(
      /^PS_DUPLICATE_CHILD Supervisor Two reports: worker\/a is a child of One already/,
    );
    const shared = named('Shared', {});
    const tops = [named('A', { children: [shared] }), named('B', { children: [shared] })];
    expect(await refusal(shared, ...tops)).toMatch(/^PS_DUPLICATE_CHILD .*Shared is a child of A already/);
  });

  it('two supervisors of one name', async () => {
    expect(await refusal(named('A', { name: 'x' }), named('B', { name: 'x' }))).toContain('A and B have that name');
  });

  it.each([
    ['a negative intensity', { maxRestarts: -1 }, 'maxRestarts is -1. It must be a whole number from 0 up'],
    ['half a restart', { maxRestarts: 0.5 }, 'maxRestarts is 0.5'],
    ['a window that is none', { within: 'soon' }, 'within is refused'],
    ['a negative window', { within: -5 }, 'within is refused'],
    ['a negative window by its other name', { withinDuration: -5 }, 'within is refused'],
    ['two windows', { within: '5s', withinDuration: '6s' }, 'two names of one option'],
    ['an unknown strategy', { strategy: 'oneForNone' }, 'strategy is oneForNone'],
    ['an unknown option', { intensity: 3 }, 'it has no option intensity'],
    ['an unknown backoff', { backoff: { kind: 'random' } }, 'backoff.kind must be one of'],
    ['a factor below 1', { backoff: { kind: 'exponential', delay: 1, factor: 0 } }, 'backoff.factor must be'],
    ['an unknown jitter', { backoff: { kind: 'constant', delay: 1, jitter: 'some' } }, 'backoff.jitter must be'],
    ['an unknown end', { onRootFailure: 'explode' }, 'onRootFailure is explode'],
    ['children that are none', { children: 'all' }, 'children is no array'],
    ['a child that is no class', { children: [undefined] }, 'one of its children is no class'],
    ['a class that is neither', { children: [child(Nothing, 'a')] }, 'Nothing is neither an actor nor a supervisor'],
    ['an unknown class', { children: [child(Stranger, 'a')] }, 'Stranger is no provider of this application'],
    ['an unknown supervisor', { children: [named('Far', {})] }, 'Far is no provider of this application'],
    ['an actor without a key', { children: [child(Worker)] }, 'the key of its child Worker is refused'],
    [
      'an unknown restart',
      { children: [child(Worker, 'a', { restart: 'often' as never })] },
      'restart of its child Worker is often',
    ],
    [
      'an unknown shutdown',
      { children: [child(Worker, 'a', { shutdown: 'soon' })] },
      'shutdown of its child Worker is refused',
    ],
    [
      'an unknown option of a child',
      { children: [child(Worker, 'a', { retry: 3 } as object)] },
      'its child Worker has no option retry',
    ],
    [
      'a mould with a key',
      { strategy: 'simpleOneForOne', children: [child(Worker, 'a')] },
      'must be one child(ActorClass, options), without key',
    ],
    [
      'two moulds',
      { strategy: 'simpleOneForOne', children: [child(Worker), child(Worker)] },
      'must be one child(ActorClass, options)',
    ],
  ])('%s', async (_, options, message) => {
    const said = await refusal(named('Top', options));
    expect(said).toContain('PS_INVALID_SUPERVISOR Supervisor Top reports: its definition is refused: ');
    expect(said).toContain(message);
  });

  it('a supervisor as a child with options of an actor, or with onRootFailure', async () => {
    const inner = named('Inner', {});
    expect(await refusal(inner, named('Top', { children: [child(inner, { shutdown: '1s' })] }))).toContain(
      'its child Inner is a supervisor, which has no shutdown',
    );
    const exits = named('Inner', { onRootFailure: 'exit' });
    expect(await refusal(exits, named('Top', { children: [exits] }))).toContain('it sets onRootFailure');
  });
});
