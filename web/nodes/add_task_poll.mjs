/** Adding a Task Poll node to the open workflow, with a Save Video node: it cannot run alone. */
import { app } from "../ui/comfyui.mjs";
import { showInfo } from "../ui/notices.mjs";
import { text } from "../ui/texts.mjs";
import { freeSpace, GAP } from "./free_space.mjs";
import { widget } from "./our_nodes.mjs";

/** @typedef {import("./our_nodes.mjs").Node} Node */
/** @typedef {import("./free_space.mjs").Rect} Rect */

const KINDS = ["Wan27TaskPoll", "SaveVideo"];
const VIDEO_HEIGHT = 520; // of such a node once it shows a square video

/**
 * Add a Task Poll node for a task, wired to a Save Video node, where the graph is free; the user
 * runs it.
 * @param {string} taskId
 * @param {[clientX: number, clientY: number]} [at] near this point of the page, else in the middle
 */
export function addTaskPoll(taskId, at) {
  const canvas = app.canvas;
  const graph = canvas.graph ?? app.graph;
  const [poll, save] = KINDS.map((kind) => window.LiteGraph.createNode(kind));
  if (!poll || !save || !graph) return;
  const width = poll.size[0] + GAP + save.size[0];
  const [x, y] = toGraph(canvas, at ?? middle(canvas));
  const corner = [x - width / 2, y - poll.size[1] / 2];
  const [left, top] = freeSpace(rects(graph), [corner[0], corner[1], width, VIDEO_HEIGHT]);
  graph.beforeChange?.();
  poll.pos = [left, top];
  save.pos = [left + poll.size[0] + GAP, top];
  for (const node of [poll, save]) graph.add(node);
  const id = widget(poll, "task_id");
  if (id) id.value = taskId;
  poll.connect(poll.findOutputSlot("video"), save, save.findInputSlot("video"));
  graph.afterChange?.();
  canvas.selectNode?.(poll);
  canvas.centerOnNode?.(poll);
  showInfo(text("collect_hint"));
}

/** Return where the nodes of a graph are. @param {any} graph @returns {Rect[]} */
function rects({ nodes }) {
  return nodes.map((/** @type {Node} */ { type, pos, size }) => {
    const height = KINDS.includes(type) ? Math.max(size[1], VIDEO_HEIGHT) : size[1];
    return [pos[0], pos[1], size[0], height];
  });
}

/** Return the middle of the view, in the page's units. @param {any} canvas */
function middle(canvas) {
  const { left, top, width, height } = canvas.canvas.getBoundingClientRect();
  return [left + width / 2, top + height / 2];
}

/** @param {any} canvas @param {number[]} point in the page's units */
function toGraph({ canvas, ds }, [clientX, clientY]) {
  const { left, top } = canvas.getBoundingClientRect();
  return [(clientX - left) / ds.scale - ds.offset[0], (clientY - top) / ds.scale - ds.offset[1]];
}
