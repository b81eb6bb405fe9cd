import {
  type ActorHistory,
  type EffectObservation,
  checkHistory,
  type LedgerLine,
} from '../../libs/testing/src/history';
import type { Clients } from './clients';
import * as models from './models';

/** What the last life of a store shows. */
export interface Remains {
  readonly clients: Clients;
  readonly actors: readonly ActorHistory[];
  readonly ledger: readonly LedgerLine[];
  readonly observations: readonly EffectObservation[];
  /** What a read at the end showed, by `<type>/<key>`. */
  readonly finals: ReadonlyMap<string, unknown>;
  readonly faults: readonly { readonly name: string; readonly fired: number }[];
}

export interface Judgement {
  readonly problems: readonly string[];
  /** Messages it was made on. */
  readonly requests: number;
}

/** Holds all that clients, the outside and the store know against the promises. Pure. */
export function judge({ clients, actors, ledger, observations, finals, faults }: Remains): Judgement {
  const { problems, invalid, figures } = checkHistory({
    operations: clients.log.records(),
    actors,
    models,
    ledger,
    ledgerEffects: ['pay'],
    observations,
    finals: Object.fromEntries([...finals].map(([actor, value]) => [`default/default/${actor}`, value])),
    faults,
  });
  const found = problems.map(({ rule, actor, message }) => `${rule} ${actor ?? ''}: ${message}`);
  const doubts = invalid.map(({ reason, message }) => `invalid, ${reason}: ${message}`);
  const left = actors.flatMap(({ actor, pending }) => pending.map((id) => `${id} to ${actor} is pending still`));
  return {
    problems: [...found, ...doubts, ...left, ...checkTally(clients, finals), ...checkLate(clients, finals)],
    requests: figures.requests,
  };
}

/** Its history is cut away, so the sum has to do: each `add` counts once. */
function checkTally({ done }: Clients, finals: ReadonlyMap<string, unknown>): string[] {
  const adds = done.filter(({ step }) => step.actor === 'tally/main' && step.method === 'add').length;
  const value = finals.get('tally/main') ?? 0;
  return value === adds ? [] : [`tally/main is ${String(value)} after ${adds} acknowledged messages`];
}

/** What it had before its journal began: all that was acknowledged in the life in which that was, or less if nobody was told. */
function checkLate({ done, log }: Clients, finals: ReadonlyMap<string, unknown>): string[] {
  const problems: string[] = [];
  for (const [actor, value] of finals) {
    if (!actor.startsWith('late/')) continue;
    const own = done.filter(({ step }) => step.actor === actor);
    const attached = own.find(({ step }) => step.kind === 'attach');
    const before = own.find(({ step }) => step.key === null && step.method === 'add');
    const kept = new Set(
      log
        .records()
        .filter((each) => each.actor === `default/default/${actor}`)
        .map(({ id }) => id),
    );
    const least = attached !== undefined && before?.life === attached.life ? 1_000 : 0;
    const plain = (value as number) - kept.size;
    if (plain !== 1_000 && (plain !== 0 || least > 0))
      problems.push(
        `${actor} is ${String(value)} after ${kept.size} acknowledged messages, and ${least} before it had a journal`,
      );
  }
  return problems;
}
