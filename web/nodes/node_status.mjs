/**
 * The status of our nodes as the server sends it, on their panels. An error is told on a card, and
 * the panel says that there is one, with what helps.
 *
 * A run takes minutes and the user may open another workflow meanwhile, so the last status of a
 * node is kept until its workflow is open again.
 */
import { removeCards, showCard } from "../ui/notices.mjs";
import { get } from "../ui/server.mjs";
import { tabStorage } from "../ui/storage.mjs";
import { text } from "../ui/texts.mjs";
import { showVideo } from "./finished_video.mjs";
import { buys, isActive } from "./our_nodes.mjs";
import { panelOf } from "./panel.mjs";
import { redrawBadges } from "./redraw.mjs";
import { remedies } from "./remedies.mjs";
import { hasEnded, phaseText, statusLine, taskLine } from "./status_line.mjs";
import { TaskIds } from "./task_ids.mjs";
import { nodeWithId, workflowId } from "./workflow.mjs";

/** @typedef {import("./our_nodes.mjs").Node} Node */
/** @typedef {import("./panel.mjs").Tone} Tone */
/** @typedef {import("./status_line.mjs").Status} Status */
/** @typedef {{node_id: string, workflow_id: string | null}} NodeRef */
/** @typedef {import("./remedies.mjs").Remedy} Remedy */
/** @typedef {NodeRef & Remedy & {message: string}} NodeError the event "wan27.error" */

const MAX_NODES = 300;
const ids = new TaskIds(tabStorage);

/**
 * @typedef {{line: string, tone: Tone, phase: string, error?: NodeError}} Shown
 *   `phase` is short, or "", for the subgraphs around the node
 */
/** @type {Map<string, Shown>} by the node's key; the newest at the end */
const lastStatus = new Map();

/** @param {NodeRef & Status} status */
export function onStatus(status) {
  const key = keyOf(status);
  removeCards(key); // an earlier error
  const tone = hasEnded(status) ? "done" : "busy";
  setStatus(key, { line: statusLine(status), tone, phase: phaseText(status) });
  setTask(key, status.task_id);
}

/**
 * Show an error on a card and mark the node: since version 1.47 ComfyUI's frontend shows "an error
 * occurred" and hides the message that says what to do.
 * @param {NodeError} error
 */
export function onError(error) {
  const key = keyOf(error);
  showErrorCard(key, error); // first: nothing else may hide it
  const phase = `⚠ ${text("failed")}`;
  setStatus(key, { line: text("failed_see"), tone: "error", phase, error });
  setTask(key, error.task_id);
}

/** Remove the errors that a key has solved, or may have: the next Run tells. */
export function onKey() {
  for (const [key, { error }] of [...lastStatus]) {
    if (["key", "replace_key"].includes(error?.action ?? "")) settle(key);
  }
}

/** Show "stopped" on the nodes that were running: the run was cancelled, or another node failed. */
export function onStop() {
  for (const [key, { tone }] of [...lastStatus]) {
    if (tone === "busy") setStatus(key, { line: text("stopped"), tone: "done", phase: "" });
  }
}

/** Show the last status of each node of the workflow that was just opened, and no other's card. */
export function onOpen() {
  for (const [key, shown] of lastStatus) {
    if (!nodeFor(key)) removeCards(key);
    showStatus(key, shown);
  }
  for (const [key, taskId] of ids.all()) {
    panelFor(key)?.showTask(taskId);
    if (nodeFor(key) && !lastStatus.has(key)) restore(key, taskId);
  }
}

/**
 * Show a task on the node that made it, in the open workflow.
 * @param {string} node its id
 * @param {string} taskId
 */
export function showTask(node, taskId) {
  const key = keyOf({ node_id: node, workflow_id: workflowId() });
  setTask(key, taskId);
  restore(key, taskId);
}

/**
 * Show what became of a task whose status this page has not received: it was loaded again since.
 * @param {string} key
 * @param {string} taskId
 */
async function restore(key, taskId) {
  const query = new URLSearchParams({ count: "1", task_id: taskId });
  const page = await get(`/wan27/tasks?${query}`).catch(() => null); // the id is shown at least
  const task = page?.tasks[0];
  if (!task || lastStatus.has(key)) return;
  const phase = task.state === "finished" ? text("phase_done") : "";
  setStatus(key, { line: taskLine(task), tone: task.error ? "error" : "done", phase });
  if (task.video && nodeFor(key)) showVideo(key.slice(key.lastIndexOf(" ") + 1), task.video);
}

/**
 * Return how far the nodes inside a subgraph are, at any depth: the one that runs, else that one
 * failed, else the last one; "" before a Run.
 * @param {Node} subgraph
 */
export function progressInside(subgraph) {
  const inside = [...lastStatus].filter(([key]) => isAround(subgraph, key)).reverse();
  const [key, shown] =
    inside.find(([, { tone }]) => tone === "busy") ??
    inside.find(([, { tone }]) => tone === "error") ??
    inside[0] ?? ["", null];
  if (!shown) return "";
  const shot = shown.tone === "busy" ? shotOf(subgraph, nodeFor(key)) : "";
  return [shown.phase, shot].filter(Boolean).join(" · ");
}

/**
 * Return which of the videos of a subgraph a node makes: "shot 2 of 3".
 * @param {Node} subgraph
 * @param {Node | undefined} node
 */
function shotOf(subgraph, node) {
  const shots = shotsOf(subgraph);
  const number = shots.indexOf(node) + 1;
  return number && shots.length > 1 ? text("shot", { number, count: shots.length }) : "";
}

/**
 * Return the nodes inside that buy, in the order in which they run.
 * @param {Node} subgraph
 * @returns {Node[]}
 */
function shotsOf({ subgraph }) {
  const nodes = [...subgraph.nodes].sort((a, b) => a.order - b.order).filter(isActive);
  return nodes.flatMap((node) => (node.subgraph ? shotsOf(node) : buys(node) ? [node] : []));
}

/** Return the id of the last task of a node. @param {Node} node @returns {string | null} */
export function taskOf(node) {
  return ids.all().find(([key]) => nodeFor(key) === node)?.[1] ?? null;
}

/** @param {string} key @param {NodeError} error */
function showErrorCard(key, error) {
  const message = error.action === "key" ? text("no_key") : error.message;
  showCard(message, remedies(error, () => settle(key)), "error", key);
}

/** Show no error any more: what a Run would end with is decided. @param {string} key */
function settle(key) {
  removeCards(key);
  setStatus(key, { line: "", tone: "done", phase: "" });
  lastStatus.delete(key);
}

/** @param {string} key @param {Shown} shown */
function setStatus(key, shown) {
  lastStatus.delete(key);
  lastStatus.set(key, shown);
  if (lastStatus.size > MAX_NODES) lastStatus.delete([...lastStatus.keys()][0]);
  if (isInside(key)) redrawBadges(); // of the subgraphs around it
  showStatus(key, shown);
}

/** @param {string} key @param {Shown} shown */
function showStatus(key, { line, tone, error }) {
  const settled = () => settle(key);
  const actions = error && error.action !== "key" ? remedies(error, settled) : []; // see showHint
  const more = error && { act: () => showErrorCard(key, error), actions };
  panelFor(key)?.showLine(line, tone, more);
}

/** @param {string} key @param {string | null} taskId null: this Run has none, an earlier one had */
function setTask(key, taskId) {
  ids.remember(key, taskId);
  panelFor(key)?.showTask(taskId);
}

/** Return a key for one node of one workflow. @param {NodeRef} ref @returns {string} */
function keyOf({ node_id: node, workflow_id: workflow }) {
  return `${workflow} ${node}`;
}

/** Return the node, if its workflow is open; otherwise undefined. @param {string} key */
function nodeFor(key) {
  const space = key.lastIndexOf(" ");
  return key.slice(0, space) === workflowId() ? nodeWithId(key.slice(space + 1)) : undefined;
}

/**
 * Return the panel of the node, if its workflow is open. A node of another pack that runs ours
 * inside, such as a loop, is the one that the user sees.
 * @param {string} key
 */
function panelFor(key) {
  const node = nodeFor(key);
  return node ? panelOf(node) : null;
}

/** Return true if the node is inside a subgraph. @param {string} key */
function isInside(key) {
  return /:[^ ]*$/.test(key);
}

/**
 * Return true if the node is inside this subgraph, at any depth.
 * @param {Node} subgraph
 * @param {string} key
 */
function isAround(subgraph, key) {
  for (let around = key; isInside(around); ) {
    around = around.replace(/:[^: ]*$/, "");
    if (nodeFor(around) === subgraph) return true;
  }
  return false;
}
