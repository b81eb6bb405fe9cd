import { z } from 'zod';
import { InvalidArgumentsError } from '../errors';
import { validateArguments } from './validate-arguments';

const handler = (schema: z.ZodType | null) => ({ name: 'pay', schema });

describe('validateArguments', () => {
  it('hands back the very list when there is no schema', () => {
    const args = [1, 2];
    expect(validateArguments(handler(null), 'a', args)).toBe(args);
  });

  it('checks and transforms the first argument, at once when the schema can', () => {
    const schema = z.object({ amount: z.coerce.number() });
    expect(validateArguments(handler(schema), 'a', [{ amount: '5', extra: 1 }, 'rest'])).toEqual([
      { amount: 5 },
      'rest',
    ]);
  });

  it('waits for an asynchronous schema', async () => {
    const schema = z.string().refine(async (value) => value !== 'taken', 'is taken');
    await expect(validateArguments(handler(schema), 'a', ['free'])).resolves.toEqual(['free']);
    await expect(validateArguments(handler(schema), 'a', ['taken'])).rejects.toThrow(InvalidArgumentsError);
  });

  it('names actor, message and the path of every issue', () => {
    const schema = z.object({ lines: z.array(z.object({ count: z.number() })), note: z.string() });
    const refused = () => validateArguments(handler(schema), 't/n/order/1', [{ lines: [{ count: 'x' }] }]);
    expect(refused).toThrow(InvalidArgumentsError);
    expect(refused).toThrow(/^Arguments of pay for t\/n\/order\/1 .*lines\.0\.count: .*; note: .*was not sent\.$/);
  });

  it('understands issues without a path, and paths of objects', () => {
    const schema = {
      '~standard': {
        version: 1,
        vendor: 'x',
        validate: () => ({
          issues: [{ message: 'all wrong' }, { message: 'bad', path: [{ key: 'a' }, 'b'] }],
        }),
      },
    } as const;
    expect(() => validateArguments({ name: 'pay', schema }, 'a', [])).toThrow(/all wrong; a\.b: bad/);
  });

  it('leaves a missing argument missing, and fills in a default', () => {
    expect(validateArguments(handler(z.number().optional()), 'a', [])).toEqual([]);
    expect(validateArguments(handler(z.number().default(3)), 'a', [])).toEqual([3]);
  });
});
