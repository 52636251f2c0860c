/** This pack's nodes and their widgets. */

/** @typedef {any} Node a LiteGraph node */

export const PANEL = "wan27_panel"; // the widget that a node of ours gets with its first status

const MUTED = 2; // LiteGraph's modes of a node
const BYPASSED = 4;

/** Return true for a node of this pack. @param {Node} node */
export function isOurs(node) {
  return /^Wan27[A-Z]/.test(node?.comfyClass ?? "");
}

/** Return true for a node whose Run buys a video. @param {Node} node */
export function buys(node) {
  return isOurs(node) && node.comfyClass !== "Wan27TaskPoll";
}

/** Return false for a node that is muted or bypassed. @param {Node} node */
export function isActive(node) {
  return node.mode !== MUTED && node.mode !== BYPASSED;
}

/** Return the widget with that name. @param {Node} node @param {string} name */
export function widget(node, name) {
  return node.widgets?.find((/** @type {any} */ each) => each.name === name);
}

/**
 * Return the link into an input; null or undefined if there is none. A subgraph node's own
 * `getInputLink` returns the link into an output of its inside, so this one is of all nodes.
 * @param {Node} node
 * @param {number} slot
 * @returns {any}
 */
export function inputLink(node, slot) {
  if (!node?.graph || !node.inputs?.[slot]) return undefined;
  return window.LiteGraph.LGraphNode.prototype.getInputLink.call(node, slot);
}

/** Return true if a link replaces the widget's value. @param {Node} node @param {string} name */
export function isLinked(node, name) {
  const slot = node.findInputSlot(name);
  return slot >= 0 && node.isInputConnected(slot);
}
