/** Lists: a node that a list feeds runs once for each item, and buys a video each time. */
import { buys, inputLink, isActive } from "./our_nodes.mjs";

/** @typedef {import("./our_nodes.mjs").Node} Node */

export const SUBGRAPH_INPUT = "-10"; // LiteGraph's id of the origin of links into a subgraph
const LIST_SHAPE = 6; // LiteGraph's shape of an output that is a list

/**
 * Return true if a Run of this node buys a video for each item of a list; for a subgraph, if one of
 * the nodes inside does.
 * @param {Node} node
 * @param {Node[]} [outside] the subgraphs around it, outermost first
 * @returns {boolean}
 */
export function buysPerItem(node, outside = []) {
  if (!isActive(node)) return false;
  if (!node.subgraph) return buys(node) && isFedByList(node, outside, new Set());
  const around = [...outside, node];
  return node.subgraph.nodes.some((/** @type {Node} */ inner) => buysPerItem(inner, around));
}

/**
 * @param {Node} node
 * @param {Node[]} outside
 * @param {Set<Node>} seen nodes that were looked at already
 * @returns {boolean}
 */
function isFedByList(node, outside, seen) {
  if (seen.has(node)) return false;
  seen.add(node);
  const slots = [...(node.inputs ?? []).keys()];
  return slots.some((slot) => isList(inputLink(node, slot), node.graph, outside, seen));
}

/**
 * Return true if a list comes through a link.
 * @param {any} link
 * @param {any} graph that has its origin
 * @param {Node[]} outside
 * @param {Set<Node>} seen
 * @returns {boolean}
 */
function isList(link, graph, outside, seen) {
  if (!link) return false;
  const slot = link.origin_slot;
  if (String(link.origin_id) === SUBGRAPH_INPUT) {
    const [subgraph, around] = [outside.at(-1), outside.slice(0, -1)];
    return isList(inputLink(subgraph, slot), subgraph?.graph, around, seen);
  }
  const origin = graph?.getNodeById?.(link.origin_id);
  if (!origin) return false;
  if (origin.subgraph) {
    const inner = origin.subgraph.outputs?.[slot]?.getLinks?.()[0];
    return isList(inner, origin.subgraph, [...outside, origin], seen);
  }
  const { output_is_list: lists, is_input_list: takesList } = origin.constructor?.nodeData ?? {};
  if (lists?.[slot] ?? origin.outputs?.[slot]?.shape === LIST_SHAPE) return true;
  return !takesList && isFedByList(origin, outside, seen);
}
