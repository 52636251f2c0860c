/** Values that change by themselves after each Run, so that the next one is a new request. */
import { buys, isActive, isLinked, widget } from "./our_nodes.mjs";
import { buysBehind } from "./upstream.mjs";

/** @typedef {import("./our_nodes.mjs").Node} Node */

const MOVES = new Set(["randomize", "increment", "increment-wrap", "decrement"]);

/**
 * Return true if each Run of this node buys a new video: its seed moves, or a value before it does.
 * @param {Node} node
 * @returns {boolean}
 */
export function buysEachTime(node) {
  return hasMovingSeed(node) || buysBehind(node, moves);
}

/** @param {Node} node @returns {boolean} */
function hasMovingSeed(node) {
  if (node.subgraph) return node.subgraph.nodes.some(hasMovingSeed);
  return isActive(node) && buys(node) && !isLinked(node, "seed") && isMoving(widget(node, "seed"));
}

/** Return true if a node gives other things at each Run, else undefined. @param {Node} origin */
function moves(origin) {
  return (isActive(origin) && origin.widgets?.some(isMoving)) || undefined;
}

/**
 * Frontends name the control of a widget differently; all of them link it to the widget. rgthree's
 * seed has none, and negative numbers that mean one.
 * @param {any} each
 */
function isMoving(each) {
  const isSeed = /seed/i.test(each?.name ?? "") && Number(each.value) < 0;
  return isSeed || MOVES.has(each?.linkedWidgets?.[0]?.value);
}
