import {
  Actor,
  Handle,
  PlexSpacesModule,
  State,
  UseFacets,
  actorContext,
  durability,
  getActorToken,
  type ActorClient,
} from 'plexspaces';
import { Test } from '@nestjs/testing';

@Actor({ type: 'uncreated-account' })
@UseFacets(durability())
class Account {
  @State() balance = 0;

  @Handle()
  deposit(amount: number): number {
    this.balance += amount;
    return this.balance;
  }
}

@Actor({ type: 'uncreated-teller' })
@UseFacets(durability())
class Teller {
  onCreate(): void {}

  @Handle()
  async send(key: string): Promise<void> {
    await actorContext().actor(Account, key).tell.deposit(5);
  }

  @Handle()
  open(key: string): void {
    actorContext().spawn(Account, key);
  }
}

describe('a durable actor that was never created', () => {
  it('is not created by a tell of another actor: the message is parked, and the key stays free (P1)', async () => {
    const module = await Test.createTestingModule({
      imports: [PlexSpacesModule.forRoot(), PlexSpacesModule.forFeature([Account, Teller])],
    }).compile();
    await module.init();
    const accounts = module.get<ActorClient<Account>>(getActorToken(Account));
    const teller = await module.get<ActorClient<Teller>>(getActorToken(Teller)).spawn('t');

    await teller.ask.send('a');
    await expect(accounts.ref('a').ask.deposit(1)).rejects.toMatchObject({ code: 'PS_ACTOR_NOT_FOUND' });
    const kinds = (await accounts.ref('a').history.entries()).map(({ kind }) => kind);
    expect(kinds).toEqual(['MessageParked']);

    await accounts.spawn('a');
    expect(await accounts.ref('a').ask.deposit(1)).toBe(1);
    await module.close();
  });

  it('exists after ctx.spawn, and handles what follows in order', async () => {
    const module = await Test.createTestingModule({
      imports: [PlexSpacesModule.forRoot(), PlexSpacesModule.forFeature([Account, Teller])],
    }).compile();
    await module.init();
    const accounts = module.get<ActorClient<Account>>(getActorToken(Account));
    const teller = await module.get<ActorClient<Teller>>(getActorToken(Teller)).spawn('t');
    await teller.ask.open('b');
    await teller.ask.send('b');
    expect(await accounts.ref('b').ask.deposit(1)).toBe(6);
    await module.close();
  });
});
