import {
  NonDeterminismError,
  NotOwnerError,
  TransactLastError,
  TurnEndedError,
  TurnLimitError,
  TurnTimeoutError,
} from '#core';
import { StoreFailedError } from '#spi';
import { isOfTurn } from './whose-failure';

const BUS = 'default/default/bus/a';
const OTHER = 'default/default/listener/a';

describe('what ends a turn', () => {
  it.each([
    (actor: string) => new TurnLimitError(actor, 'notify', '10000 entries'),
    (actor: string) => new TurnEndedError(actor, 'notify', 'tell'),
    (actor: string) => new TurnTimeoutError(actor, 'notify', 300_000),
    (actor: string) => new TransactLastError(actor, 'notify', 'tell'),
    (actor: string) => new NonDeterminismError(actor, 'm', 'a', 'b'),
  ])('is of the turn of the actor it names: %s', (make) => {
    expect(isOfTurn(make(BUS), BUS)).toBe(true);
    expect(isOfTurn(make(OTHER), BUS)).toBe(false);
  });

  it('is that the node may not act, whoever is named', () => {
    expect(isOfTurn(new NotOwnerError('n1', null, 0), BUS)).toBe(true);
  });

  it.each([
    new StoreFailedError('journal', 'x'),
    Object.assign(new Error('recorded'), { code: 'PS_TURN_LIMIT', actor: BUS }),
    new Error('x'),
    'PS_TURN_LIMIT',
    null,
    undefined,
  ])('is not %s', (error) => {
    expect(isOfTurn(error, BUS)).toBe(false);
  });
});
