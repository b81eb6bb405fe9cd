import 'reflect-metadata';
import { appendFileSync } from 'node:fs';
import { NestFactory } from '@nestjs/core';
import {
  Actor,
  type ActorClient,
  ActorSystem,
  Handle,
  PlexSpacesModule,
  SideEffect,
  State,
  UseFacets,
  durability,
  getActorToken,
  virtualActor,
} from 'plexspaces';
import { type PlexSpacesError, setFailpointHook } from 'plexspaces/spi';
import type { Reply, Request } from './protocol';

// One node over the store of `STORAGE`, driven by messages. It stops itself (SIGSTOP) at the point it is told.

const [url = '', nodeId = '', ledger = '', ttl = ''] = process.argv.slice(2);

@Actor({ type: 'tally' })
@UseFacets(durability({ checkpointEvery: 50 }), virtualActor())
class Tally {
  @State() value = 0;

  @Handle() add(by: number): number {
    return (this.value += by);
  }

  @Handle() async addNoted(by: number, what: string): Promise<number> {
    await this.note(what);
    return (this.value += by);
  }

  @Handle({ readOnly: true }) current(): number {
    return this.value;
  }

  @SideEffect() protected async note(what: string): Promise<string> {
    appendFileSync(ledger, `${JSON.stringify({ node: nodeId, what, at: Date.now() })}\n`);
    return what;
  }
}

function stopAt(point: string, hits: number): void {
  let left = hits;
  setFailpointHook((name) => {
    if (name !== point || --left > 0) return;
    setFailpointHook(undefined);
    process.kill(process.pid, 'SIGSTOP'); // the next line runs after SIGCONT
  });
}

function say(reply: Reply): void {
  process.send?.(reply);
}

async function main(): Promise<void> {
  class Root {}
  const root = {
    module: Root,
    imports: [
      PlexSpacesModule.forRoot({ storage: url, nodeId, lease: { ttl }, development: false, askTimeout: '10s' }),
      PlexSpacesModule.forFeature([Tally]),
    ],
  };
  const app = await NestFactory.createApplicationContext(root, { logger: ['error', 'warn'], abortOnError: false });
  const system = app.get(ActorSystem);
  const tally = app.get<ActorClient<Tally>>(getActorToken(Tally), { strict: false });
  const handle = async (request: Request): Promise<unknown> => {
    switch (request.op) {
      case 'ownership':
        return system.ownership;
      case 'stopAt':
        return stopAt(request.point, request.hits);
      case 'read':
        return tally.ref(request.key).ask.current();
      case 'add': {
        const ask = tally.ref(request.key).with({ idempotencyKey: request.what }).ask;
        return request.isNoted ? ask.addNoted(1, request.what) : ask.add(1);
      }
      case 'end':
        return app.close();
    }
  };
  process.on('message', (request: Request) => {
    handle(request).then(
      (value) => {
        say({ id: request.id, value });
        if (request.op === 'end') process.disconnect();
      },
      (error: unknown) => {
        const { code, message } = error as Partial<PlexSpacesError>;
        say({ id: request.id, code: code ?? 'none', message: message ?? String(error) });
      },
    );
  });
  say({ id: 0, value: 'up' });
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
