/** A wait-for graph: `W` are waits, `T` what waits and is waited for. */
export interface WaitGraph<T, W> {
  /** Who waits; `null`: nobody any more. */
  turnOf(wait: W): T | null;
  /** Who has to come to an end first, as far as is known at once; `null`: nobody, the wait ends by itself. */
  ahead(wait: W): T | null;
  /** Asked before anybody is given up: does the wait really stand behind that one? */
  confirm(wait: W, turn: T): boolean;
  /** With so many waits that never end a turn never ends. */
  needed(turn: T): number;
  /** Rises with each wait that begins. */
  rank(wait: W): number;
  /** What giving it up costs; of those that cost least it is the latest. */
  cost(wait: W): number;
}

/** A circle of waits, and which of them is to be given up. */
export interface Deadlock<W> {
  readonly victim: W;
  /** Each waits for the turn of the next, the last for that of the first, which is the victim's. */
  readonly circle: readonly W[];
}

interface Node<T, W> {
  readonly turn: T;
  readonly edges: Edge<T, W>[];
  /** Waits of others for this one. */
  readonly incoming: Edge<T, W>[];
  /** Waits of its own that lead to who is not free. */
  blocked: number;
  isFree: boolean;
}

interface Edge<T, W> {
  readonly wait: W;
  readonly from: Node<T, W>;
  readonly to: T;
  isOpen: boolean;
}

/**
 * Who waits for ever? Whatever may come to an end is taken to do so, and whoever waited only for that after it, until
 * nothing changes: those left are stuck. Then one wait per circle is given up, and the rest is reduced again. Pure; linear
 * in the number of waits for each circle found.
 */
export function findDeadlocks<T, W>(waits: readonly W[], graph: WaitGraph<T, W>): readonly Deadlock<W>[] {
  const nodes = new Map<T, Node<T, W>>();
  const edges: Edge<T, W>[] = [];
  for (const wait of waits) {
    const turn = graph.turnOf(wait);
    const to = turn === null ? null : graph.ahead(wait);
    if (turn === null || to === null) continue;
    let from = nodes.get(turn);
    if (from === undefined) nodes.set(turn, (from = { turn, edges: [], incoming: [], blocked: 0, isFree: false }));
    const edge = { wait, from, to, isOpen: true };
    from.edges.push(edge);
    from.blocked++;
    edges.push(edge);
  }
  for (const edge of edges) nodes.get(edge.to)?.incoming.push(edge);
  for (const edge of edges) if (!nodes.has(edge.to)) open(edge, graph); // it runs, and waits for nobody
  for (const node of nodes.values()) freeIfItMay(node, graph);

  const found: Deadlock<W>[] = [];
  for (const node of nodes.values()) {
    while (!node.isFree) {
      const circle = walk(node, nodes);
      const wrong = circle.find((edge) => !graph.confirm(edge.wait, edge.to));
      if (wrong !== undefined) {
        open(wrong, graph);
        continue;
      }
      found.push(judge(circle, graph));
      free((found[found.length - 1] as Found<T, W>).edge.from, graph);
    }
  }
  return found.map(({ victim, circle }) => ({ victim, circle }));
}

interface Found<T, W> extends Deadlock<W> {
  readonly edge: Edge<T, W>;
}

/** From a stuck node along stuck waits: since each stuck one has such a wait, the way comes back to itself. */
function walk<T, W>(start: Node<T, W>, nodes: ReadonlyMap<T, Node<T, W>>): readonly Edge<T, W>[] {
  const way: Edge<T, W>[] = [];
  const places = new Map<Node<T, W>, number>();
  for (let node = start; !places.has(node);) {
    places.set(node, way.length);
    const edge = node.edges.find(({ isOpen }) => isOpen) as Edge<T, W>;
    way.push(edge);
    node = nodes.get(edge.to) as Node<T, W>;
    if (places.has(node)) return way.slice(places.get(node));
  }
  return way;
}

function judge<T, W>(circle: readonly Edge<T, W>[], graph: WaitGraph<T, W>): Found<T, W> {
  let best = 0;
  circle.forEach(({ wait }, i) => {
    const other = (circle[best] as Edge<T, W>).wait;
    const saved = graph.cost(other) - graph.cost(wait);
    if (saved > 0 || (saved === 0 && graph.rank(wait) > graph.rank(other))) best = i;
  });
  const turned = [...circle.slice(best), ...circle.slice(0, best)];
  const edge = turned[0] as Edge<T, W>;
  return { victim: edge.wait, circle: turned.map(({ wait }) => wait), edge };
}

/** This wait ends: whoever has too few left that do not is free, and so on. */
function open<T, W>(edge: Edge<T, W>, graph: WaitGraph<T, W>): void {
  if (!edge.isOpen) return;
  edge.isOpen = false;
  edge.from.blocked--;
  freeIfItMay(edge.from, graph);
}

function freeIfItMay<T, W>(node: Node<T, W>, graph: WaitGraph<T, W>): void {
  if (!node.isFree && node.blocked < Math.max(1, graph.needed(node.turn))) free(node, graph);
}

function free<T, W>(first: Node<T, W>, graph: WaitGraph<T, W>): void {
  const line = [first];
  for (let node = line.pop(); node !== undefined; node = line.pop()) {
    if (node.isFree) continue;
    node.isFree = true;
    for (const edge of node.incoming) {
      if (!edge.isOpen) continue;
      edge.isOpen = false;
      edge.from.blocked--;
      if (!edge.from.isFree && edge.from.blocked < Math.max(1, graph.needed(edge.from.turn))) line.push(edge.from);
    }
  }
}
