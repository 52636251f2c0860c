/** The workflow that is open in the editor: finding nodes in it, and adding a Task Poll node. */
import { app } from "../ui/comfyui.mjs";
import { showInfo } from "../ui/notices.mjs";
import { text } from "../ui/texts.mjs";
import { isOurs, widget } from "./our_nodes.mjs";

/** @typedef {import("./our_nodes.mjs").Node} Node */

/** Return the open workflow, whichever of its subgraphs the user looks at. @returns {any} */
function rootGraph() {
  return /** @type {any} */ (app).rootGraph ?? app.graph;
}

/** Return the id of the open workflow; "" if it has none. */
export function workflowId() {
  return String(rootGraph()?.id ?? "");
}

/**
 * Find a node of the open workflow.
 * @param {string} id as ComfyUI runs it: "3", or "5:12" inside a subgraph
 * @returns {Node} undefined if there is none
 */
export function nodeWithId(id) {
  const [first, ...inner] = String(id).split(":");
  const outermost = rootGraph()?.getNodeById(first);
  return inner.reduce((node, each) => node?.subgraph?.getNodeById(each), outermost);
}

/** Return every node of ours in the open workflow, including those inside subgraphs. */
export function ourNodes() {
  const root = rootGraph();
  const graphs = root ? [root, ...(root.subgraphs?.values() ?? [])] : [];
  return graphs.flatMap((graph) => graph.nodes).filter(isOurs);
}

/**
 * Add a Task Poll node for a task in the middle of the view, selected; the user runs it.
 * @param {string} taskId
 */
export function addTaskPoll(taskId) {
  const canvas = app.canvas;
  const node = window.LiteGraph.createNode("Wan27TaskPoll");
  const graph = canvas.graph ?? app.graph;
  if (!node || !graph) return;
  graph.beforeChange?.();
  node.pos = centered(canvas, node.size);
  graph.add(node);
  const id = widget(node, "task_id");
  if (id) id.value = taskId;
  graph.afterChange?.();
  canvas.selectNode?.(node);
  showInfo(text("collect_hint"));
}

/**
 * Return the position, in the graph's units, that centers a node in the view.
 * @param {any} canvas
 * @param {ArrayLike<number>} size of the node
 * @returns {[number, number]}
 */
function centered(canvas, size) {
  const { scale, offset } = canvas.ds;
  const screen = canvas.canvas.getBoundingClientRect();
  return [
    screen.width / 2 / scale - offset[0] - size[0] / 2,
    screen.height / 2 / scale - offset[1] - size[1] / 2,
  ];
}
