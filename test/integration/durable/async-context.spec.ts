import {
  Actor,
  type ActorClient,
  type ActorContext,
  Ctx,
  Handle,
  InjectActor,
  SideEffect,
  State,
  UseFacets,
  actorContext,
  durability,
  virtualActor,
} from 'plexspaces';
import { Gate, abandoned, settle, until } from './gate';
import { World, ofKind } from './world';

const TENANT = { tenant: 'acme' };
let tenants: string[];
let first: Gate;
let second: Gate;

@Actor({ type: 'settings' })
@UseFacets(durability(), virtualActor())
class Settings {
  @Handle() tenant(): string {
    return actorContext().self.tenant;
  }
}

@Actor({ type: 'configured' })
@UseFacets(durability(), virtualActor())
class Configured {
  @State() taken = 0;
  constructor(@InjectActor(Settings) private readonly settings: ActorClient<Settings>) {}
  async onActivate(): Promise<void> {
    tenants.push(await this.settings.ref('s').ask.tenant());
  }
  @Handle() take(): void {
    this.taken++;
  }
}

@Actor({ type: 'forwarder' })
@UseFacets(durability(), virtualActor())
class Forwarder {
  @State() forwarded = 0;
  @Handle() ping(): void {}
  @Handle() async forward(@Ctx() ctx: ActorContext): Promise<void> {
    this.forwarded++;
    await ctx.actor(Configured, 'c').tell.take();
  }
}

@Actor({ type: 'stepper' })
@UseFacets(durability(), virtualActor())
class Stepper {
  @State() steps = 0;
  @Handle() ping(): void {}
  @Handle() async step(): Promise<void> {
    await this.one();
    this.steps++;
    await this.two();
  }
  @SideEffect() protected async one(): Promise<void> {
    await first.pass();
  }
  @SideEffect() protected async two(): Promise<void> {
    await second.pass();
  }
}

describe('an actor that is activated while another has a turn', () => {
  let world: World;
  beforeEach(() => {
    world = new World();
    tenants = [];
    first = new Gate();
    second = new Gate();
  });
  afterEach(async () => {
    second.open();
    await settle();
    await world.end();
  });

  it('is activated in its own tenant, and leaves no record in the other one (P1, P9)', async () => {
    const node = await world.start([Settings, Configured, Forwarder, Stepper]);
    const stepper = node.client(Stepper).ref('a', TENANT);
    await stepper.ask.ping();
    await node.ref(Forwarder).ask.ping();
    await settle();
    abandoned(stepper.ask.step());
    await node.ref(Forwarder).ask.forward();
    await settle(60);
    first.open();
    await second.reached();
    await until(() => tenants.length > 0);
    expect(tenants).toEqual(['default']);
    const acts = (await stepper.history.entries()).filter(({ kind }) => kind === 'SideEffectExecuted');
    expect(ofKind(acts, 'SideEffectExecuted').map(({ name }) => name)).toEqual(['one']);
  });
});
