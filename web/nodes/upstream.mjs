/** What is before a node that buys: its links, through subgraphs, to the nodes that feed it. */
import { buys, inputLink, isActive } from "./our_nodes.mjs";

/** @typedef {import("./our_nodes.mjs").Node} Node */
/**
 * What a node before it means for one that buys, by the slot that the link begins at; undefined:
 * its own inputs say.
 * @typedef {(origin: Node, slot: number) => boolean | undefined} Judge
 */

export const SUBGRAPH_INPUT = "-10"; // LiteGraph's id of the origin of links into a subgraph

/**
 * Return true if one of the nodes before a node that buys is judged so; for a subgraph, if that is
 * so of one of the nodes inside.
 * @param {Node} node
 * @param {Judge} judge
 * @param {Node[]} [outside] the subgraphs around it, outermost first
 * @returns {boolean}
 */
export function buysBehind(node, judge, outside = []) {
  if (!isActive(node)) return false;
  if (!node.subgraph) return buys(node) && isBehind(node, judge, outside, new Set());
  const around = [...outside, node];
  return node.subgraph.nodes.some((/** @type {Node} */ inner) => buysBehind(inner, judge, around));
}

/**
 * @param {Node} node
 * @param {Judge} judge
 * @param {Node[]} outside
 * @param {Set<Node>} seen nodes that were looked at already
 * @returns {boolean}
 */
function isBehind(node, judge, outside, seen) {
  if (seen.has(node)) return false;
  seen.add(node);
  const slots = [...(node.inputs ?? []).keys()];
  return slots.some((slot) => comesSo(inputLink(node, slot), node.graph, judge, outside, seen));
}

/**
 * @param {any} link
 * @param {any} graph that has its origin
 * @param {Judge} judge
 * @param {Node[]} outside
 * @param {Set<Node>} seen
 * @returns {boolean}
 */
function comesSo(link, graph, judge, outside, seen) {
  if (!link) return false;
  const slot = link.origin_slot;
  if (String(link.origin_id) === SUBGRAPH_INPUT) {
    const [subgraph, around] = [outside.at(-1), outside.slice(0, -1)];
    return comesSo(inputLink(subgraph, slot), subgraph?.graph, judge, around, seen);
  }
  const origin = graph?.getNodeById?.(link.origin_id);
  if (!origin) return false;
  if (origin.subgraph) {
    const inner = origin.subgraph.outputs?.[slot]?.getLinks?.()[0];
    return comesSo(inner, origin.subgraph, judge, [...outside, origin], seen);
  }
  return judge(origin, slot) ?? isBehind(origin, judge, outside, seen);
}
