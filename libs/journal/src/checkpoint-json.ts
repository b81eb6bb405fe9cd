import type { Checkpoint } from './checkpoint';
import { jsonBytes, parseJson } from './codec/json-codec';
import { packExact } from './codec/payload-codec';
import type { ActivationStarted } from './entries/journal-entry';
import { nodeOfRaw, rawOfNode } from './entries/raw-json';
import { rawCodec } from './entries/raw-codec';
import { isCollectionKind } from './state/collection-image';
import { decodeContents } from './state/state-collection';
import { StateImage } from './state/state-image';

/** `[name, null, value]`, or `[name, kind of collection, its content]`. */
type SlotNode = readonly [name: string, collection: string | null, content: unknown];

interface CheckpointNode {
  readonly actor: string;
  readonly seq: number;
  readonly time: number;
  readonly schema: number;
  readonly activation: ActivationStarted | null;
  readonly state: readonly SlotNode[];
  readonly facets: readonly unknown[];
  readonly withdrawn: readonly string[];
}

/** The body of a checkpoint as JSON, values in it readable. */
export function packCheckpointJson({ actor, seq, time, schema, image, activation }: Checkpoint): Uint8Array {
  const [slots, facets, withdrawn] = image.parts();
  const state: SlotNode[] = [];
  for (let i = 0; i < slots.length; i += 3) {
    const [name, collection, stored] = slots.slice(i, i + 3) as [string, string | null, unknown];
    const isCollection = collection !== null && isCollectionKind(collection);
    state.push([name, collection, nodeOfRaw(isCollection ? decodeContents(stored as Uint8Array, collection) : stored)]);
  }
  const started = activation === null ? null : pick(activation);
  const node: CheckpointNode = {
    actor,
    seq,
    time,
    schema,
    activation: started,
    state,
    facets: nodeOfRaw(facets) as unknown[],
    withdrawn,
  };
  return jsonBytes(node);
}

/** Inverse of {@link packCheckpointJson}. Throws plain errors. */
export function unpackCheckpointJson(body: Uint8Array): Checkpoint {
  const node = parseJson(body) as CheckpointNode;
  const slots = node.state.flatMap(([name, collection, content]) => {
    const raw = rawOfNode(content);
    return [name, collection, collection === null ? raw : packExact(rawCodec, raw)];
  });
  const image = StateImage.fromParts([slots, rawOfNode(node.facets) as unknown[], node.withdrawn]);
  const { actor, seq, time, schema, activation } = node;
  return { actor, seq, time, schema, image, activation: activation === null ? null : pick(activation) };
}

function pick({ epoch, node, codeVersion, facetChain, reset, schema }: ActivationStarted): ActivationStarted {
  return { kind: 'ActivationStarted', epoch, node, codeVersion, facetChain, reset, schema };
}
