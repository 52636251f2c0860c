/** A Task Poll node that collects a known task. */
import { app } from "./comfyui.mjs";
import { widget } from "./nodes.mjs";
import { tell } from "./notices.mjs";
import { text } from "./texts.mjs";

/**
 * Add one in the middle of what the user sees, selected; it is for the user to run it.
 * @param {string} taskId
 */
export function addTaskPoll(taskId) {
  const canvas = app.canvas;
  const node = window.LiteGraph.createNode("Wan27TaskPoll");
  const graph = canvas.graph ?? app.graph;
  if (!node || !graph) return;
  graph.beforeChange?.();
  node.pos = middle(canvas, node.size);
  graph.add(node);
  const id = widget(node, "task_id");
  if (id) id.value = taskId;
  graph.afterChange?.();
  canvas.selectNode?.(node);
  tell(text("collect_hint"));
}

/** @param {any} canvas @param {ArrayLike<number>} size of the node @returns {[number, number]} where it stands in the middle, in the graph's units */
function middle(canvas, size) {
  const { scale, offset } = canvas.ds;
  const screen = canvas.canvas.getBoundingClientRect();
  return [screen.width / 2 / scale - offset[0] - size[0] / 2, screen.height / 2 / scale - offset[1] - size[1] / 2];
}
