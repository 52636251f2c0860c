/** Our nodes and their widgets. */

/** @typedef {any} Node a node of LiteGraph */

/** @param {Node} node whether it is one of ours */
export function isOurs(node) {
  return /^Wan27[A-Z]/.test(node?.comfyClass ?? "");
}

/** @param {Node} node whether a Run of it buys a video */
export function buys(node) {
  return isOurs(node) && node.comfyClass !== "Wan27TaskPoll";
}

/** @param {Node} node @param {string} name */
export function widget(node, name) {
  return node.widgets?.find((/** @type {any} */ each) => each.name === name);
}

/** @param {Node} node @param {string} name whether the value comes along a link, so that the widget does not say it */
export function isLinked(node, name) {
  const place = node.findInputSlot(name);
  return place >= 0 && node.isInputConnected(place);
}
