import { runInNewContext } from 'node:vm';
import { CorruptRecordError, VersionConflictError } from '#spi';
import { RecordedError, fromErrorRecord, registerErrorFactory, toErrorRecord } from './error-record';

/** Looks like Nest's: known by its methods, not by its class. */
class HttpException extends Error {
  constructor(
    private readonly response: unknown,
    private readonly status: number,
  ) {
    super('Http Exception');
  }
  getResponse() {
    return this.response;
  }
  getStatus() {
    return this.status;
  }
}

describe('toErrorRecord', () => {
  it('keeps name, code, message and facts, and never a stack', () => {
    const error = Object.assign(new TypeError('bad'), { code: 'E_BAD', at: new Date(5), tries: 2n });
    expect(toErrorRecord(error)).toEqual({
      name: 'TypeError',
      code: 'E_BAD',
      message: 'bad',
      details: { at: new Date(5), tries: 2n },
      status: 0,
      cause: null,
    });
    expect(JSON.stringify(toErrorRecord(new Error('x')))).not.toContain('error-record.spec');
  });

  it('keeps the facts of our own errors', () => {
    const record = toErrorRecord(new VersionConflictError('a', { seq: 1, epoch: 1 }, { seq: 2, epoch: 1 }));
    expect(record).toMatchObject({ name: 'VersionConflictError', code: 'PS_VERSION_CONFLICT' });
    expect(record.details).toMatchObject({ actor: 'a', expected: { seq: 1, epoch: 1 }, retryable: true });
  });

  it('knows an HttpException by its shape: status, and its response as details', () => {
    const record = toErrorRecord(new HttpException({ message: ['qty must be positive'] }, 422));
    expect(record).toMatchObject({ status: 422, details: { message: ['qty must be positive'] } });
  });

  it('follows causes five levels deep', () => {
    let error = new Error('0');
    for (let i = 1; i < 9; i++) error = new Error(String(i), { cause: error });
    const messages = [];
    for (
      let record: ReturnType<typeof toErrorRecord> | null = toErrorRecord(error);
      record !== null;
      record = record.cause
    ) {
      messages.push(record.message);
    }
    expect(messages).toEqual(['8', '7', '6', '5', '4', '3']);
    const loop = new Error('loop');
    loop.cause = loop;
    expect(() => toErrorRecord(loop)).not.toThrow();
  });

  it('drops facts that cannot be kept, and those that are too large, one by one', () => {
    const error = Object.assign(new Error('x'), {
      request: new (class Socket {})(),
      body: 'y'.repeat(70_000),
      id: 7,
    });
    expect(toErrorRecord(error).details).toEqual({ id: 7 });
    const page = 'p'.repeat(30_000);
    const pages = Object.assign(new Error('x'), { a: page, b: page, c: page, d: 1 });
    expect(toErrorRecord(pages).details).toEqual({ a: page, b: page, d: 1 });
  });

  it('keeps copies: the error may change afterwards', () => {
    const facts = { list: [1] };
    const record = toErrorRecord(Object.assign(new Error('x'), { facts }));
    facts.list.push(2);
    expect(record.details).toEqual({ facts: { list: [1] } });
  });

  it('takes whatever is thrown', () => {
    const revoked = Proxy.revocable({}, {});
    revoked.revoke();
    const hostile = new Proxy(new Error('x'), {
      get: () => {
        throw new Error('no');
      },
      ownKeys: () => {
        throw new Error('no');
      },
    });
    const thrown = ['text', 42, null, undefined, 1n, Symbol('s'), { a: 1 }, () => 1, revoked.proxy, hostile];
    const names = thrown.map((value) => toErrorRecord(value).name);
    expect(names).toEqual([...Array<string>(9).fill('NonError'), 'Error']);
    expect(toErrorRecord('text')).toMatchObject({
      message: '"text" was thrown instead of an Error',
      details: 'text',
    });
    expect(toErrorRecord({ a: 1 }).details).toEqual({ a: 1 });
  });

  it('knows an error of another realm, and repairs text that no store keeps', () => {
    expect(toErrorRecord(runInNewContext('new RangeError("far")'))).toMatchObject({
      name: 'RangeError',
      message: 'far',
    });
    expect(toErrorRecord(new Error('\ud800')).message).toBe('\ufffd');
    expect(toErrorRecord(new Error('z'.repeat(20_000))).message).toHaveLength(
      16_384 + '… (3616 more characters)'.length,
    );
  });
});

describe('fromErrorRecord', () => {
  it('gives an error that says what the record says, the same each time', () => {
    const record = toErrorRecord(Object.assign(new Error('x', { cause: new TypeError('y') }), { code: 'E', at: 3 }));
    const error = fromErrorRecord(record);
    expect(error).toBeInstanceOf(RecordedError);
    expect(error).toMatchObject({ name: 'Error', message: 'x', code: 'E', details: { at: 3 }, status: 0 });
    expect((error.cause as Error).name).toBe('TypeError');
    expect(JSON.stringify(error)).toBe(JSON.stringify(fromErrorRecord(record)));
    expect(error.stack).toBe('Error: x');
  });

  it('comes back to the same record, also when it is thrown on and wrapped', () => {
    const record = toErrorRecord(new HttpException('no', 404));
    expect(toErrorRecord(fromErrorRecord(record))).toEqual(record);
    const wrapped = toErrorRecord(new Error('outer', { cause: fromErrorRecord(record) }));
    expect(wrapped.cause).toEqual(record);
  });

  it('asks the factory of the code, then that of the name', () => {
    registerErrorFactory('PS_CORRUPT_RECORD', ({ details }) => {
      const { actor, record, reason } = details as { actor: string; record: string; reason: string };
      return new CorruptRecordError(actor, record, reason);
    });
    registerErrorFactory('HttpException', ({ details, status }, cause) =>
      Object.assign(new HttpException(details, status), { cause }),
    );
    const corrupt = new CorruptRecordError('a', 'Entry 1', 'torn');
    expect(fromErrorRecord(toErrorRecord(corrupt))).toBeInstanceOf(CorruptRecordError);
    const http = Object.assign(new HttpException('gone', 410), { name: 'HttpException' });
    const again = fromErrorRecord(toErrorRecord(http));
    expect(again instanceof HttpException && again.getStatus()).toBe(410);
  });
});
