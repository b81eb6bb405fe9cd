import type { DynamicModule, Provider, Type } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import {
  type ActorClient,
  type Facet,
  type FacetCommit,
  type FacetTurn,
  PlexSpacesModule,
  getActorToken,
} from 'plexspaces';

export interface Started {
  readonly module: TestingModule;
  client<T extends object>(cls: Type<T>): ActorClient<T>;
}

const open: TestingModule[] = [];

/** An application with these actors and facets. Closed by {@link closeAll}. */
export async function start(
  actors: readonly Type<object>[],
  facets: readonly Provider[] = [],
  extras: Parameters<typeof PlexSpacesModule.forRoot>[0] = {},
  imports: readonly DynamicModule[] = [],
): Promise<Started> {
  const module = await Test.createTestingModule({
    imports: [PlexSpacesModule.forRoot(extras), PlexSpacesModule.forFeature([...actors]), ...imports],
    providers: [...facets],
  }).compile();
  module.useLogger(false);
  await module.init();
  open.push(module);
  return { module, client: (cls) => module.get(getActorToken(cls)) };
}

export async function closeAll(): Promise<void> {
  await Promise.all(open.splice(0).map((module) => module.close()));
}

/** Notes when it is entered, left, asked to commit, attached and detached, under the name it is provided by. */
export class Probe implements Facet {
  static readonly trace: string[] = [];

  constructor(private readonly label: string) {}

  async intercept({ message }: FacetTurn, next: () => Promise<unknown>): Promise<unknown> {
    Probe.trace.push(`> ${this.label} ${message.messageType}`);
    try {
      return await next();
    } finally {
      Probe.trace.push(`< ${this.label}`);
    }
  }

  onCommit({ result }: FacetCommit): void {
    Probe.trace.push(`commit ${this.label} ${String(result)}`);
  }

  static entered(): string[] {
    return Probe.trace.filter((line) => line.startsWith('>')).map((line) => line.split(' ')[1] as string);
  }
}

/** Something a test waits for, and lets go on. */
export class Gate {
  private readonly signals = [signal(), signal()] as const;

  /** Called by the code under test: says that it is here, and waits. */
  async pass(): Promise<void> {
    this.signals[0].fire();
    await this.signals[1].fired;
  }

  get reached(): Promise<void> {
    return this.signals[0].fired;
  }

  open(): void {
    this.signals[1].fire();
  }
}

function signal(): { fired: Promise<void>; fire: () => void } {
  let fire = (): void => undefined;
  const fired = new Promise<void>((resolve) => (fire = resolve));
  return { fired, fire };
}
