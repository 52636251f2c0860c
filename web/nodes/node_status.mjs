/**
 * The status of our nodes as the server sends it: on their panels, and errors also on a card.
 *
 * A run takes minutes and the user may open another workflow meanwhile, so the last status of a
 * node is kept until its workflow is open again.
 */
import { openSettings } from "../settings/settings_dialog.mjs";
import { isSafe } from "../ui/elements.mjs";
import { removeCards, showCard } from "../ui/notices.mjs";
import { openSidebarTab } from "../ui/sidebar.mjs";
import { get } from "../ui/server.mjs";
import { tabStorage } from "../ui/storage.mjs";
import { text } from "../ui/texts.mjs";
import { addTaskPoll } from "./add_task_poll.mjs";
import { actOnEntry, SERVER_ACTIONS } from "./decisions.mjs";
import { showVideo } from "./finished_video.mjs";
import { buys, isActive } from "./our_nodes.mjs";
import { panelOf } from "./panel.mjs";
import { redrawBadges } from "./redraw.mjs";
import { hasEnded, phaseText, statusLine, taskLine } from "./status_line.mjs";
import { TaskIds } from "./task_ids.mjs";
import { nodeWithId, workflowId } from "./workflow.mjs";

/** @typedef {import("./our_nodes.mjs").Node} Node */
/** @typedef {import("./panel.mjs").Tone} Tone */
/** @typedef {import("./status_line.mjs").Status} Status */
/** @typedef {{node_id: string, workflow_id: string | null}} NodeRef */
/**
 * @typedef {object} Remedy what helps after an error
 * @property {string | null} action
 * @property {string | null} url of the action "top_up"
 * @property {string | null} task_id
 * @property {import("./decisions.mjs").EntryRef | null} entry that a person must decide about
 * @property {string[]} actions that decide about it
 * @property {string | null} host
 * @property {string | null} billing address of the host's page of charges
 */
/** @typedef {NodeRef & Remedy & {message: string}} NodeError the event "wan27.error" */

const MAX_NODES = 300;
const ids = new TaskIds(tabStorage);

/** @typedef {{line: string, tone: Tone, phase: string}} Shown `phase` is short, or "" */
/** @type {Map<string, Shown>} by the node's key; the newest at the end */
const lastStatus = new Map();

/** @param {NodeRef & Status} status */
export function onStatus(status) {
  const key = keyOf(status);
  removeCards(key); // an earlier error
  setStatus(key, statusLine(status), hasEnded(status) ? "done" : "busy", phaseText(status));
  if (!status.task_id) panelFor(key)?.showTask(null);
  setTask(key, status.task_id);
}

/**
 * Show an error on the node and on a card: since version 1.47 ComfyUI's frontend shows "an error
 * occurred" and hides the message that says what to do.
 * @param {NodeError} error
 */
export function onError(error) {
  const key = keyOf(error);
  showCard(error.message, remedies(error), "error", key); // first: nothing else may hide it
  setStatus(key, error.message, "error", `⚠ ${text("failed")}`);
  if (!error.task_id) panelFor(key)?.showTask(null); // the id of an earlier Run
  setTask(key, error.task_id);
}

/** Show "stopped" on the nodes that were running: the run was cancelled, or another node failed. */
export function onStop() {
  for (const [key, { tone }] of [...lastStatus]) {
    if (tone === "busy") setStatus(key, text("stopped"), "done", "");
  }
}

/** Show the last status of each node of the workflow that was just opened. */
export function onOpen() {
  for (const [key, { line, tone }] of lastStatus) panelFor(key)?.showLine(line, tone);
  for (const [key, taskId] of ids.all()) {
    panelFor(key)?.showTask(taskId);
    if (nodeFor(key) && !lastStatus.has(key)) restore(key, taskId);
  }
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
  setStatus(key, taskLine(task), task.error ? "error" : "done", phase);
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

/** @param {Remedy} remedy @returns {{label: string, act: () => unknown}[]} */
function remedies(remedy) {
  const { action, url, task_id } = remedy;
  if (remedy.entry) return decisions(remedy, remedy.entry);
  if (action === "settings") return [{ label: text("open_settings"), act: openSettings }];
  if (action === "tasks") return [{ label: text("open_tasks"), act: openSidebarTab }];
  if (action === "collect" && task_id) {
    return [{ label: text("collect"), act: () => addTaskPoll(task_id) }];
  }
  if (action === "top_up" && url && isSafe(url)) {
    return [{ label: text("top_up"), act: () => openPage(url) }];
  }
  return [];
}

/**
 * @param {Remedy} remedy
 * @param {import("./decisions.mjs").EntryRef} entry
 */
function decisions({ actions, host, billing }, entry) {
  const pages = billing && isSafe(billing) ? [billing] : [];
  const known = actions.filter((name) => name in SERVER_ACTIONS);
  return [
    // The card stays: what the page shows is what the user decides by.
    ...pages.map((page) => ({
      label: text("billing", { host: host ?? "" }),
      act: () => openPage(page) && false,
    })),
    ...known.map((name) => ({
      label: SERVER_ACTIONS[name].label(),
      act: () => actOnEntry(entry, name),
    })),
  ];
}

/** @param {string} address */
function openPage(address) {
  window.open(address, "_blank", "noopener,noreferrer");
  return true;
}

/**
 * @param {string} key
 * @param {string} line
 * @param {Tone} tone
 * @param {string} phase for the subgraphs around the node
 */
function setStatus(key, line, tone, phase) {
  lastStatus.delete(key);
  lastStatus.set(key, { line, tone, phase });
  if (lastStatus.size > MAX_NODES) lastStatus.delete([...lastStatus.keys()][0]);
  if (isInside(key)) redrawBadges(); // of the subgraphs around it
  panelFor(key)?.showLine(line, tone);
}

/** @param {string} key @param {string | null} taskId */
function setTask(key, taskId) {
  ids.remember(key, taskId);
  if (taskId) panelFor(key)?.showTask(taskId);
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
