/** Adding a Task Poll node to the open workflow, with a Save Video node: it cannot run alone. */
import { showInfo } from "../ui/notices.mjs";
import { text } from "../ui/texts.mjs";
import { addNodes } from "./add_nodes.mjs";
import { widget } from "./our_nodes.mjs";

const KINDS = ["Wan27TaskPoll", "SaveVideo"];

/**
 * Add a Task Poll node for a task, wired to a Save Video node; the user runs it.
 * @param {string} taskId
 * @param {[clientX: number, clientY: number]} [at] near this point of the page, else in the middle
 */
export function addTaskPoll(taskId, at) {
  const nodes = KINDS.map((kind) => window.LiteGraph.createNode(kind));
  if (nodes.some((node) => !node)) return;
  const connect = (/** @type {any[]} */ [poll, save]) => {
    const id = widget(poll, "task_id");
    if (id) id.value = taskId;
    poll.connect(poll.findOutputSlot("video"), save, save.findInputSlot("video"));
  };
  addNodes(nodes, connect, at);
  showInfo(text("collect_hint"));
}
