import { type ActorId, encodeActorId } from '#spi';
import { type Facet, FacetBand, type FacetMessage } from './facet';
import type { FacetChain, ResolvedFacet } from './facet-chain';
import { fingerprintOf, replayFingerprintOf } from './facet-fingerprint';
import { FacetPass, type Link } from './facet-pass';
import { FacetCommitView } from './facet-views';
import { inTurn } from './in-turn';
import { isPromise, rejected } from './is-promise';
import { tellDenied } from './tell-denied';
import { HANDLER_SCOPE, type TurnPort } from './turn-port';

/** Sorts and looks up once what every message of the actors with these facets then runs through. Pure. */
export function composeFacets(attached: readonly ResolvedFacet[]): FacetChain {
  const facets = inChainOrder(attached);
  const links = facets.map(linkOf).filter((link): link is Link => link !== null);
  const committing = facets.filter((facet) => facet.priority < FacetBand.Domain && hasHook(facet, 'onCommit'));
  const admitting = facets.filter((facet) => hasHook(facet, 'admit'));

  return {
    facets,
    wraps: links.length > 0,
    commits: committing.length > 0,
    admits: admitting.length > 0,
    fingerprint: fingerprintOf(facets),
    replayFingerprint: replayFingerprintOf(facets),
    run: (turn, handler) => new FacetPass(turn.isReplay ? linksOfReplay(links, turn) : links, turn, handler).run(),
    skipped: (turn) => {
      const kept = turn.isReplay ? linksOfReplay(links, turn) : links;
      return links.filter((link) => !kept.includes(link)).map((link) => link.facet.name);
    },
    commit: (turn, result, error) => {
      try {
        return inTurn(committing, (facet) =>
          facet.instance.onCommit?.(new FacetCommitView(turn, facet, result, error)),
        );
      } catch (failure) {
        return rejected(failure as Error); // one way to fail, whatever the facet does
      }
    },
    admit: (message: FacetMessage, actor: ActorId) =>
      inTurn(admitting, (facet) => admitted(facet, facets, message, actor)),
  };
}

/** Highest priority first; the sort is stable, so equal priorities keep the order of attachment. */
export function inChainOrder(facets: readonly ResolvedFacet[]): readonly ResolvedFacet[] {
  return [...facets].sort((a, b) => b.priority - a.priority);
}

/** `null`: the facet has no part in the onion. */
function linkOf(facet: ResolvedFacet): Link | null {
  if (facet.priority < FacetBand.Domain) return null;
  const [hears, wraps, judges] = [hasHook(facet, 'onMessage'), hasHook(facet, 'intercept'), hasHook(facet, 'onError')];
  return hears || wraps || judges ? { facet, hears, wraps, judges } : null;
}

function hasHook({ instance }: ResolvedFacet, hook: keyof Facet): boolean {
  return typeof instance[hook] === 'function';
}

function admitted(
  facet: ResolvedFacet,
  facets: readonly ResolvedFacet[],
  message: FacetMessage,
  actor: ActorId,
): unknown {
  const denied = (error: unknown): never => {
    const others = facets.filter((other) => other !== facet);
    tellDenied(others, { actor, actorId: encodeActorId(actor), message, deniedBy: facet.name, error });
    throw error;
  };
  try {
    const pending: unknown = facet.instance.admit?.(message, facet.config, actor);
    return isPromise(pending) ? pending.then(undefined, denied) : undefined;
  } catch (error) {
    return denied(error);
  }
}

/** A record of something behind a facet proves that it let the message pass before: only then may it be left out. */
function linksOfReplay(links: readonly Link[], turn: TurnPort): readonly Link[] {
  let passed = links.length;
  if (!turn.hasRecordOf(HANDLER_SCOPE)) {
    do passed--;
    while (passed > 0 && !turn.hasRecordOf((links[passed] as Link).facet.name));
  }
  return links.filter((link, index) => index >= passed || link.facet.onReplay === 'run');
}
