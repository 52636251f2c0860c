/** Putting the settings of an earlier task into a node. */
import { app } from "../ui/comfyui.mjs";
import { showInfo } from "../ui/notices.mjs";
import { text } from "../ui/texts.mjs";
import { addNodes, inOneStep } from "./add_nodes.mjs";
import { buys, isLinked, widget } from "./our_nodes.mjs";

/** @typedef {import("./our_nodes.mjs").Node} Node */

/**
 * Put the settings into the selected node of ours, or else into a new one. The user runs it.
 * @param {Record<string, any> & {node: string | null}} task
 */
export function useSettings(task) {
  const selected = selectedNode();
  const node = selected ?? window.LiteGraph.createNode(task.node ?? "");
  if (!node) return;
  /** @type {string[]} */
  let left = [];
  const put = () => {
    // What the server sends of a request has the names of the node's widgets.
    const linked = node.widgets.filter((/** @type {any} */ { name }) => {
      return !setWidget(node, name, task[name]);
    });
    left = linked.map((/** @type {any} */ { label, name }) => label ?? name);
  };
  if (selected) inOneStep(put);
  else addNodes([node], put);
  const lines = [text("settings_used", { node: node.title })];
  if (left.length) lines.push(text("settings_kept", { names: left.join(", ") }));
  if (!selected) lines.push(text("connect_next"));
  showInfo(lines.join(" "));
}

/** Return the one selected node that buys videos; undefined if there is none. @returns {Node} */
function selectedNode() {
  const selected = [...app.canvas.selectedItems].filter(buys);
  return selected.length === 1 ? selected[0] : undefined;
}

/**
 * Set a widget, as the user would.
 * @param {Node} node
 * @param {string} name
 * @param {unknown} value null or undefined: the journal does not know it
 * @returns {boolean} false if another node gives the value
 */
function setWidget(node, name, value) {
  const found = widget(node, name);
  if (!found || value === null || value === undefined) return true;
  if (isLinked(node, name)) return false;
  found.value = value;
  found.callback?.(value, app.canvas, node);
  return true;
}
