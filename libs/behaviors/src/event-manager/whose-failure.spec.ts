import {
  ActorFailedError,
  ActorNotFoundError,
  ActorTerminatedError,
  AskTimeoutError,
  CallCycleError,
  ChildDownError,
  DeadlockError,
  FacetDriftError,
  LinkedExitError,
  MailboxFullError,
  MessageKindError,
  MessageParkedError,
  MessageStalledError,
  NodeStoppingError,
  NonDeterminismError,
  NotOwnerError,
  SnapshotUnreadableError,
  TerminalError,
  TransactLastError,
  TurnEndedError,
  TurnLimitError,
  TurnOrderError,
  TurnTimeoutError,
  UnknownActorTypeError,
  UnknownMethodError,
} from '#core';
import {
  CorruptRecordError,
  SchemaTooNewError,
  StorageUnavailableError,
  StoreBusyError,
  StoreClosedError,
  StoreFailedError,
  VersionConflictError,
} from '#spi';
import { isOfTurn, isPassing } from './whose-failure';

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

describe('a failure', () => {
  it.each([
    new CallCycleError([BUS, OTHER, BUS]),
    new DeadlockError(BUS, [BUS, OTHER, BUS], 'notify', 'm'),
    new TurnOrderError(BUS, OTHER),
    new MailboxFullError(OTHER, '1 messages', 100),
    new NodeStoppingError(OTHER),
    new NotOwnerError('n1', null, 0),
    new ChildDownError(OTHER, 's'),
    new LinkedExitError(OTHER, BUS, 'x'),
    new ActorFailedError(OTHER, 'activation'),
    new MessageStalledError(OTHER, 'm', '1', '2'),
    new StoreFailedError('journal', 'x'),
    new StoreBusyError('journal', 1),
    new StoreClosedError('journal'),
    new StorageUnavailableError('x', 'x'),
    new VersionConflictError(OTHER, { seq: 1, epoch: 1 }, { seq: 2, epoch: 2 }),
    new CorruptRecordError(OTHER, 'Entry 1', 'x'),
    new SchemaTooNewError('x', 2, 1),
    new SnapshotUnreadableError(OTHER, 'x'),
    new FacetDriftError(OTHER, 'a', 'b'),
    Object.assign(new Error('read from a record'), { code: 'PS_NODE_STOPPING' }),
  ])('that passes: %s', (error) => {
    expect(isPassing(error)).toBe(true);
  });

  it.each([
    new AskTimeoutError(OTHER, 'hear', 5_000),
    new MessageParkedError(OTHER, 'm', 5),
    new ActorTerminatedError(OTHER),
    new ActorNotFoundError(OTHER),
    new UnknownMethodError('listener', 'hear', []),
    new UnknownActorTypeError('listener', []),
    new MessageKindError(OTHER, 'hear', 'ask'),
    new TurnTimeoutError(OTHER, 'hear', 300_000),
    new TerminalError('cannot'),
    new Error('cannot'),
    { code: 'PS_DEADLOCK' },
    'PS_DEADLOCK',
    null,
    undefined,
  ])('of the handler, or of who it was: %s', (error) => {
    expect(isPassing(error)).toBe(false);
  });
});
