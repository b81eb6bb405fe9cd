import 'reflect-metadata';
import { Actor, Handle, SideEffect, State, UseFacets, durability, virtualActor } from 'plexspaces';
import { Gate } from './gate';
import { steadyClock } from './steady-clock';
import { World } from './world';

// A node whose handler does not await an effect that fails. Prints the answer, and what came of the next message:
//   unhandled.program.ts (during | after)

const ended = new Gate();

@Actor({ type: 'careless' })
@UseFacets(durability(), virtualActor())
class Careless {
  @State() count = 0;
  @Handle() during(): number {
    void this.audit();
    return ++this.count;
  }
  @Handle() after(): number {
    void ended.pass().then(() => void this.audit());
    return ++this.count;
  }
  @Handle() read(): number {
    return this.count;
  }
  @SideEffect() protected async audit(): Promise<void> {
    throw new Error('audit is down');
  }
}

async function main(method: 'during' | 'after'): Promise<void> {
  const env = steadyClock();
  const world = new World(env);
  const node = await world.start([Careless]);
  const ref = node.ref(Careless);
  const outcome = ref.ask[method]().then(String, (error: Error) => error.name);
  await env.advance(60_000);
  ended.open();
  await env.advance(60_000);
  process.stdout.write(`${await outcome}, then ${await ref.ask.read()}\n`);
  await world.end();
}

void main(process.argv[2] as 'during' | 'after');
