import type { Storage } from '#spi';

/** Stands around each call of a store: makes it, or does not, and hears of its end. */
export type CallWatch = <T>(call: () => Promise<T>) => Promise<T>;

/** A view of `storage` whose every call passes `watch`. Reading pages counts page by page. */
export function watchStorage<S extends Storage>(storage: S, watch: CallWatch): S {
  const { journal, inbox, checkpoints, leases } = storage;
  const ports = new Map<PropertyKey, object>([
    ['journal', watchPort(journal, watch)],
    ['inbox', watchPort(inbox, watch)],
    ['checkpoints', watchPort(checkpoints, watch)],
  ]);
  if (leases !== undefined) ports.set('leases', watchPort(leases, watch));
  return new Proxy(storage, { get: (target, name) => ports.get(name) ?? bound(target, name) });
}

function watchPort<P extends object>(port: P, watch: CallWatch): P {
  const methods = new Map<PropertyKey, unknown>();
  return new Proxy(port, {
    get: (target, name) => {
      const value = bound(target, name);
      if (typeof value !== 'function') return value;
      let method = methods.get(name);
      if (method === undefined) methods.set(name, (method = watched(value as Method, name === 'read', watch)));
      return method;
    },
  });
}

type Method = (...args: unknown[]) => unknown;

function watched(method: Method, givesPages: boolean, watch: CallWatch): Method {
  if (givesPages) return (...args) => watchPages(() => method(...args) as AsyncIterable<unknown>, watch);
  return (...args) => watch(() => method(...args) as Promise<unknown>);
}

async function* watchPages(read: () => AsyncIterable<unknown>, watch: CallWatch): AsyncGenerator {
  const iterator = read()[Symbol.asyncIterator]();
  for (;;) {
    const page = await watch(() => iterator.next());
    if (page.done === true) return;
    yield page.value;
  }
}

function bound(target: object, name: PropertyKey): unknown {
  const value: unknown = Reflect.get(target, name, target);
  return typeof value === 'function' ? (value.bind(target) as unknown) : value;
}
