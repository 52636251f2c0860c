/** Advanced widgets: a node opens with them if the workflow uses one; they change what it buys. */
import { isLinked, widget } from "./our_nodes.mjs";

/** @typedef {import("./our_nodes.mjs").Node} Node */

/**
 * Show the advanced widgets of a loaded or pasted node if one of them is linked or is not as on a
 * new node. The user can hide them again.
 * @param {Node} node
 */
export function showUsedAdvanced(node) {
  const previous = node.onConfigure;
  node.onConfigure = function (/** @type {any[]} */ ...event) {
    previous?.apply(this, event);
    if (node.showAdvanced || !usesAdvanced(node)) return;
    node.showAdvanced = true;
    node.expandToFitContent?.();
  };
}

/** @param {Node} node */
function usesAdvanced(node) {
  const { required, optional } = node.constructor?.nodeData?.input ?? {};
  return Object.entries({ ...required, ...optional }).some(([name, [, options]]) => {
    if (!options?.advanced) return false;
    return isLinked(node, name) || widget(node, name)?.value !== options.default;
  });
}
