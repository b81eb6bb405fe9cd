import type { ActorClient, ActorContext, ActorRef, AskPort, CreateArgs, TellPort } from '#core';

// Checked by `tsc --noEmit`: each line below a @ts-expect-error must not compile, every other line must.

class Account {
  balance = 0;
  onCreate(_ctx: ActorContext, _owner: string, _limit?: number): void {}
  onActivate(_ctx: ActorContext): void {}
  toSnapshot(): number {
    return this.balance;
  }
  fromSnapshot(_value: number): void {}
  deposit(amount: number): number {
    return (this.balance += amount);
  }
  async history(_limit: number, _ctx: ActorContext, _after?: Date): Promise<string[]> {
    return [];
  }
  last(_ctx?: ActorContext): string {
    return '';
  }
  free(..._notes: string[]): void {}
  loose(_anything: ReturnType<typeof JSON.parse>, _never: unknown): void {}
  protected effect(): Promise<void> {
    return Promise.resolve();
  }
}

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <_T extends true>(): void => undefined;

export function refs(ref: ActorRef<Account>, accounts: ActorClient<Account>): void {
  same<Equal<Parameters<AskPort<Account>['deposit']>, [amount: number]>>();
  same<Equal<ReturnType<AskPort<Account>['deposit']>, Promise<number>>>();
  same<Equal<ReturnType<AskPort<Account>['history']>, Promise<string[]>>>();
  same<Equal<ReturnType<TellPort<Account>['history']>, Promise<void>>>();
  same<Equal<Parameters<AskPort<Account>['history']>, [number, (Date | undefined)?]>>();
  same<Equal<Parameters<AskPort<Account>['last']>, []>>();
  same<Equal<Parameters<AskPort<Account>['free']>, string[]>>();
  same<Equal<Parameters<AskPort<Account>['loose']>['length'], 2>>();
  same<Equal<CreateArgs<Account>, [string, (number | undefined)?]>>();
  same<Equal<CreateArgs<Date>, []>>();

  void ref.ask.deposit(1);
  void ref.tell.history(3);
  void ref.ask.history(3, new Date());
  void ref.orCreate('ada', 3);
  void accounts.spawn('k', 'ada');
  void accounts.ref('k', { tenant: 'b' }).with({ idempotencyKey: undefined, timeout: '5s' }).ask.deposit(1);

  // @ts-expect-error a wrong argument
  void ref.ask.deposit('1');
  // @ts-expect-error a missing argument
  void ref.tell.deposit();
  // @ts-expect-error one too many
  void ref.ask.deposit(1, 2);
  // @ts-expect-error the context is the runtime's to give
  void ref.ask.history(3, {} as ActorContext);
  // @ts-expect-error no such method
  void ref.ask.withdraw(1);
  // @ts-expect-error state is reached by messages only
  void ref.ask.balance();
  // @ts-expect-error a protected method
  void ref.ask.effect();
  // @ts-expect-error a hook is no message
  void ref.ask.onCreate('ada');
  // @ts-expect-error nor is what makes snapshots
  void ref.ask.toSnapshot();
  // @ts-expect-error the wrong thing to create with
  void ref.orCreate(1);
  // @ts-expect-error nothing to create with
  void accounts.spawn('k');
  // @ts-expect-error an option that does not exist
  void ref.with({ retries: 1 });
}

it('is checked by the compiler', () => {
  expect(typeof refs).toBe('function');
});
