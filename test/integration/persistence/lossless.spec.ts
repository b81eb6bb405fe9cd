import fc from 'fast-check';
import { Actor, type ActorClient, Handle, State, UseFacets, virtualActor } from 'plexspaces';
import { ManualClock } from 'plexspaces/testing';
import { seedOfRun } from '../../../libs/testing/src/conformance/random';
import { closeApps, startApp } from '../../support/app';
import { UserStorage } from './storages';

const store = new UserStorage();
afterAll(closeApps);

@Actor({ type: 'fields', snapshot: { storage: store } })
@UseFacets(virtualActor({ idleTimeout: '1s' }))
class Fields {
  @State() value: unknown = null;
  @State() other: unknown = null;
  @Handle() set(value: unknown, other: unknown): void {
    this.value = value;
    this.other = other;
  }
  @Handle() get(): [unknown, unknown] {
    return [this.value, this.other];
  }
}

@Actor({ type: 'own', snapshot: { storage: store } })
@UseFacets(virtualActor({ idleTimeout: '1s' }))
class Own {
  private value: unknown = null;
  toSnapshot(): { value: unknown } {
    return { value: this.value };
  }
  fromSnapshot({ value }: { value: unknown }): void {
    this.value = value;
  }
  @Handle() set(value: unknown): void {
    this.value = value;
  }
  @Handle() get(): unknown {
    return this.value;
  }
}

/** Integers that doubles hold without their digits are refused, loudly; -0 and 0 are one number to the codec. */
const isRefused = (value: number): boolean =>
  Number.isInteger(value) && !Number.isSafeInteger(value) && Math.abs(value) < 1e21;
const number = fc
  .double()
  .filter((value) => !isRefused(value))
  .map((value) => (Object.is(value, -0) ? 0 : value));
const key = fc.string({ unit: 'binary' }).filter((name) => name !== '__proto__');
const { value: anything } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom(null, undefined, true, false),
    number,
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }),
    fc.string({ unit: 'binary' }),
    fc.date({ noInvalidDate: true }),
    fc.uint8Array().map((bytes) => new Uint8Array(bytes)),
    fc.array(tie('value'), { maxLength: 4 }),
    fc
      .uniqueArray(fc.tuple(key, tie('value')), { selector: ([name]) => name, maxLength: 4 })
      .map((pairs) => new Map(pairs)),
    fc.uniqueArray(fc.string(), { maxLength: 4 }).map((members) => new Set(members)),
    fc.dictionary(key, tie('value'), { maxKeys: 4, noNullPrototype: true }),
  ),
}));

describe('[PS05] a snapshot', () => {
  it('loses nothing: whatever an actor may hold comes back from its bytes, equal in value and kind', async () => {
    const seed = seedOfRun(() => fc.sample(fc.nat(), 1)[0] as number);
    let run = 0;
    const env = new ManualClock();
    const fields = async (use: (client: ActorClient<Fields>) => Promise<void>): Promise<void> => {
      const app = await startApp({ actors: [Fields, Own], env });
      await use(app.client(Fields));
      await app.close();
    };
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(anything, anything), { minLength: 1, maxLength: 20 }), async (states) => {
        const prefix = ++run;
        await fields(async (client) => {
          await Promise.all(states.map(([a, b], i) => client.ref(`${prefix}/${i}`).ask.set(a, b)));
        });
        await fields(async (client) => {
          const found = await Promise.all(states.map((_, i) => client.ref(`${prefix}/${i}`).ask.get()));
          expect(found).toStrictEqual(states);
        });
      }),
      { seed, numRuns: 25 },
    );
  });

  it('of a type of its own loses nothing either', async () => {
    const samples = [
      new Date(0),
      new Map<unknown, unknown>([
        ['a', new Set([1n])],
        [2n, new Date(1)],
      ]),
      -(2n ** 63n),
      2n ** 64n - 1n,
      2n ** 200n,
      new Uint8Array([0, 255]),
      '\0\u{1f600}',
      { deep: [{ er: new Map([[1, undefined]]) }] },
      Number.MAX_SAFE_INTEGER,
      NaN,
      Infinity,
    ];
    const first = await startApp({ actors: [Own] });
    for (const [i, sample] of samples.entries()) await first.client(Own).ref(String(i)).ask.set(sample);
    await first.close();
    const second = await startApp({ actors: [Own] });
    for (const [i, sample] of samples.entries())
      expect(await second.client(Own).ref(String(i)).ask.get()).toStrictEqual(sample);
  });
});
