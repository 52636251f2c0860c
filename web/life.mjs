/** The life of our nodes as the server tells it: each node says on its panel where its work stands, how it ended, and which task is its own. */
import { isOurs } from "./nodes.mjs";
import { withdraw } from "./notices.mjs";
import { panelOf } from "./panel.mjs";
import { redraw } from "./redraw.mjs";
import { hasEnded, phaseText, statusLine } from "./status_line.mjs";
import { TaskIds } from "./task_ids.mjs";
import { text } from "./texts.mjs";
import { nodeAt, workflowId } from "./workflow.mjs";

const ids = new TaskIds(sessionStorage);

/** @type {Map<string, string>} the nodes at work and their phase, by the id under which ComfyUI runs them: "3", or "5:12" within a subgraph */
const busy = new Map();

/** @param {{node_id: string} & import("./status_line.mjs").Status} status */
export function onStatus({ node_id: node, ...status }) {
  const ended = hasEnded(status);
  if (ended) leave(node);
  else work(node, phaseText(status));
  withdraw(node); // what it failed with before
  say(node, statusLine(status), ended ? "done" : "busy");
  onTask(node, status.task_id);
}

/** @param {string} node @param {string | null | undefined} taskId of the task that is known to be its own */
export function onTask(node, taskId) {
  ids.remember(workflowId(), node, taskId);
  if (taskId) shown(node)?.name(taskId);
}

/** @param {{node_id: string, message: string, task_id: string | null}} trouble */
export function onError({ node_id: node, message, task_id: taskId }) {
  leave(node);
  say(node, message, "error");
  onTask(node, taskId);
}

/** The run was cancelled, or another node failed: whoever was at work is no longer. */
export function onStop() {
  for (const node of [...busy.keys()]) {
    leave(node);
    say(node, text("stopped"), "done");
  }
}

/** A workflow was opened: what is known of its tasks is on its nodes again. */
export function onOpen() {
  for (const [node, taskId] of ids.of(workflowId())) shown(node)?.name(taskId);
}

/** @param {import("./nodes.mjs").Node} subgraph @returns {string} the phase of the work within it, empty where there is none */
export function progressWithin(subgraph) {
  const [, phase] = [...busy].find(([node]) => node.includes(":") && nodeAt(node.split(":")[0]) === subgraph) ?? ["", ""];
  return phase;
}

/** @param {import("./nodes.mjs").Node} node @returns {string | null} the id of its task */
export function taskOf(node) {
  return ids.of(workflowId()).find(([id]) => nodeAt(id) === node)?.[1] ?? null;
}

/** @param {string} node @param {string} phase */
function work(node, phase) {
  const isNews = node.includes(":") && busy.get(node) !== phase;
  busy.set(node, phase);
  if (isNews) redraw();
}

/** @param {string} node works no longer */
function leave(node) {
  if (busy.delete(node) && node.includes(":")) redraw();
}

/** @param {string} node @param {string} line @param {import("./panel.mjs").Tone} tone */
function say(node, line, tone) {
  shown(node)?.say(line, tone);
}

/** @param {string} id @returns the panel of that node, where it is one of ours: another workflow may be open by now */
function shown(id) {
  const node = nodeAt(id);
  return isOurs(node) ? panelOf(node) : null;
}
