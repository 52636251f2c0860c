/** Lists: a node that a list feeds runs once for each item, and buys a video each time. */
import { buysBehind } from "./upstream.mjs";

/** @typedef {import("./our_nodes.mjs").Node} Node */

const LIST_SHAPE = 6; // LiteGraph's shape of an output that is a list

/** Return true if a Run of this node buys a video for each item of a list. @param {Node} node */
export function buysPerItem(node) {
  return buysBehind(node, isList);
}

/**
 * Return true if that output is a list, false if its node makes one thing of a list.
 * @param {Node} origin
 * @param {number} slot
 */
function isList(origin, slot) {
  const { output_is_list: lists, is_input_list: takesList } = origin.constructor?.nodeData ?? {};
  if (lists?.[slot] ?? origin.outputs?.[slot]?.shape === LIST_SHAPE) return true;
  return takesList ? false : undefined;
}
