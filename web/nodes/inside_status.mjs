/** How far the nodes inside a subgraph are. */
import { text } from "../ui/texts.mjs";
import { lastStatus, nodeFor } from "./last_status.mjs";
import { buys, isActive } from "./our_nodes.mjs";

/** @typedef {import("./our_nodes.mjs").Node} Node */

/**
 * Return how far the nodes inside a subgraph are, at any depth: the one that runs, else that one
 * failed, else the last one; "" before a Run.
 * @param {Node} subgraph
 */
export function progressInside(subgraph) {
  const inside = [...lastStatus].filter(([key]) => isAround(subgraph, key)).reverse();
  const [key, shown] =
    inside.find(([, { tone }]) => tone === "busy") ??
    inside.find(([, { tone }]) => tone === "error") ??
    inside[0] ?? ["", null];
  if (!shown) return "";
  const shot = shown.tone === "busy" ? shotOf(subgraph, nodeFor(key)) : "";
  return [shown.phase, shot].filter(Boolean).join(" · ");
}

/**
 * Return which of the videos of a subgraph a node makes: "shot 2 of 3".
 * @param {Node} subgraph
 * @param {Node | undefined} node
 */
function shotOf(subgraph, node) {
  const shots = shotsOf(subgraph);
  const number = shots.indexOf(node) + 1;
  return number && shots.length > 1 ? text("shot", { number, count: shots.length }) : "";
}

/**
 * Return the nodes inside that buy, in the order in which they run.
 * @param {Node} subgraph
 * @returns {Node[]}
 */
function shotsOf({ subgraph }) {
  const nodes = [...subgraph.nodes].sort((a, b) => a.order - b.order).filter(isActive);
  return nodes.flatMap((node) => (node.subgraph ? shotsOf(node) : buys(node) ? [node] : []));
}

/** Return true if the node is inside a subgraph. @param {string} key */
export function isInside(key) {
  return /:[^ ]*$/.test(key);
}

/**
 * Return true if the node is inside this subgraph, at any depth.
 * @param {Node} subgraph
 * @param {string} key
 */
function isAround(subgraph, key) {
  for (let around = key; isInside(around); ) {
    around = around.replace(/:[^: ]*$/, "");
    if (nodeFor(around) === subgraph) return true;
  }
  return false;
}
