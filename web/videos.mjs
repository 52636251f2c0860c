/** Which videos a Run of a node buys: those of the node itself, or of all our nodes within a subgraph, whose widgets may stand on its outside. */
import { buys, isLinked, widget } from "./nodes.mjs";

const SUBGRAPH_INPUT = "-10"; // LiteGraph's id of the edge where links come in from outside
const NEVER = 2; // LiteGraph's modes: muted
const BYPASS = 4;

/** @typedef {import("./nodes.mjs").Node} Node */
/** @typedef {{resolution: string, duration: number}} Video */

/**
 * @param {Node} node
 * @param {Node[]} [outside] the subgraphs that it lies in, outermost first
 * @returns {(Video | null)[]} null for one whose widgets are linked to other nodes, so that nobody knows what it will be
 */
export function videosOf(node, outside = []) {
  if (node.mode === NEVER || node.mode === BYPASS) return [];
  if (node.subgraph) return node.subgraph.nodes.flatMap((/** @type {Node} */ inside) => videosOf(inside, [...outside, node]));
  return buys(node) ? [video(node, outside)] : [];
}

/** @param {Node} node @param {Node[]} outside @returns {Video | null} */
function video(node, outside) {
  const [resolution, duration] = [valueOf(node, "resolution", outside), valueOf(node, "duration", outside)];
  return resolution && duration ? { resolution, duration } : null;
}

/**
 * @param {Node} node
 * @param {string} name of a widget
 * @param {Node[]} outside the subgraphs that it lies in
 * @returns {any} undefined where it comes from another node
 */
export function valueOf(node, name, outside) {
  if (!isLinked(node, name)) return widget(node, name)?.value;
  const link = node.getInputLink(node.findInputSlot(name));
  const edge = outside.at(-1);
  if (!link || !edge || String(link.origin_id) !== SUBGRAPH_INPUT) return undefined;
  return valueOf(edge, edge.inputs[link.origin_slot].name, outside.slice(0, -1));
}
