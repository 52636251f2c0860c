/**
 * The status of our nodes as the server sends it, on their panels. An error is told on a card, and
 * the panel says that there is one, with what helps. Once it is decided, the card goes and the
 * panel says what the next Run does.
 */
import { locale } from "../ui/language.mjs";
import { removeCards, showCard } from "../ui/notices.mjs";
import { get } from "../ui/server.mjs";
import { tabStorage } from "../ui/storage.mjs";
import { text } from "../ui/texts.mjs";
import { findTask, isUndecided } from "./decisions.mjs";
import { showVideo } from "./finished_video.mjs";
import { isInside } from "./inside_status.mjs";
import { idIn, keyOf, lastStatus, nodeFor } from "./last_status.mjs";
import { panelOf } from "./panel.mjs";
import { redrawBadges } from "./redraw.mjs";
import { remedies } from "./remedies.mjs";
import { hasEnded, phaseText, questionText, statusLine, taskStatus } from "./status_line.mjs";
import { TaskIds } from "./task_ids.mjs";
import { workflowId } from "./workflow.mjs";

/** @typedef {import("./our_nodes.mjs").Node} Node */
/** @typedef {import("./status_line.mjs").Status} Status */
/** @typedef {import("./last_status.mjs").NodeRef} NodeRef */
/** @typedef {import("./last_status.mjs").NodeError} NodeError */
/** @typedef {import("./last_status.mjs").Shown} Shown */
/** @typedef {import("./decisions.mjs").Decidable} Decidable */
/** @typedef {{filename: string, subfolder: string, type: string}} Video */
/** @typedef {Decidable & import("./status_line.mjs").TaskState & {video: Video | null}} Task */

const MAX_NODES = 300;
const ids = new TaskIds(tabStorage);

/** @param {NodeRef & Status} status */
export function onStatus(status) {
  const key = keyOf(status);
  removeCards(key); // an earlier error
  const tone = hasEnded(status) ? "done" : "busy";
  setStatus(key, { line: statusLine(status), tone, phase: phaseText(status) });
  setTask(key, status.task_id, status);
}

/**
 * Show an error on a card and mark the node: since version 1.47 ComfyUI's frontend shows "an error
 * occurred" and hides the message that says what to do.
 * @param {NodeRef & NodeError} error
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

/**
 * Say that nothing was bought for nodes whose outputs ComfyUI had cached: none of them ran, and
 * they still show the price of an earlier Run.
 * @param {{nodes: string[], prompt_id: string}} cached
 */
export async function onCached({ nodes, prompt_id }) {
  const isCached = (/** @type {[string, Shown]} */ [key, { tone, phase }]) =>
    tone === "done" && phase && nodes.includes(idIn(key));
  const cached = [...lastStatus].filter(isCached);
  if (!cached.length) return;
  const job = await get(`/jobs/${prompt_id}`).catch(() => null); // the event names no workflow
  for (const [key, shown] of cached) {
    const isOfRun = key === keyOf({ node_id: idIn(key), workflow_id: job?.workflow_id ?? null });
    if (!isOfRun || lastStatus.get(key) !== shown) continue;
    setStatus(key, { ...shown, line: `${shown.phase} · ${text("nothing_bought")}` });
    setTask(key, ids.get(key)?.id ?? null, { bought: false, notices: [] });
  }
}

/** Show the last status of each node of the workflow that was just opened, and no other's card. */
export function onOpen() {
  for (const [key, shown] of lastStatus) {
    if (!nodeFor(key)) removeCards(key);
    showStatus(key, shown);
  }
  for (const [key, { id }] of ids.all()) {
    panelFor(key)?.showTask(id);
    if (nodeFor(key) && !lastStatus.has(key)) restore(key, id);
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
  if (task && !lastStatus.has(key)) showNow(key, task);
}

/**
 * Show on its nodes what a task is now: a person decided about it, or its video was downloaded.
 * @param {import("./decisions.mjs").EntryRef & {task_id: string | null}} changed its id of before
 */
export async function onTask({ id, created, task_id: taskId }) {
  const isAbout = (/** @type {[string, Shown]} */ [key, { tone, error }]) =>
    tone !== "busy" &&
    ((error?.entry?.id === id && error.entry.created === created) ||
      (taskId && ids.get(key)?.id === taskId));
  const about = [...lastStatus].filter(isAbout);
  const task = about.length ? await findTask({ id, created }).catch(() => null) : null;
  if (task === null) return; // no server: as before
  for (const [key, shown] of about) {
    if (lastStatus.get(key) !== shown) continue; // it runs again
    settle(key);
    if (task) showNow(key, task);
  }
}

/** @param {string} key @param {Task} task */
function showNow(key, task) {
  const phase = task.state === "finished" ? text("phase_done") : "";
  const error = isUndecided(task) ? questionOf(task) : undefined;
  setStatus(key, { ...taskStatus(task, ids.endOf(key, task.task_id)), phase, error });
  setTask(key, task.task_id);
  if (task.video && nodeFor(key)) showVideo(idIn(key), task.video);
}

/** Return the question of an undecided task, as the error of a node. @param {Task} task */
function questionOf(task) {
  const { id, created } = task;
  const none = { action: null, switch: null, setting: null, url: null };
  return { ...task, ...none, message: questionText(task), entry: { id, created } };
}

/** Return the id of the last task of a node. @param {Node} node @returns {string | null} */
export function taskOf(node) {
  return ids.all().find(([key]) => nodeFor(key) === node)?.[1].id ?? null;
}

/** @param {string} key @param {NodeError} error */
function showErrorCard(key, error) {
  removeCards(key); // an earlier one, or this one in another language
  showCard(messageOf(error), remediesOf(key, error), "error", key, error.pages);
}

/** Return an error's message; what must be decided comes first in the user's own language. */
function messageOf(/** @type {NodeError} */ error) {
  const { action, message, state, host } = error;
  if (action === "key") return text("no_key");
  if (!state || locale() === "en") return message;
  const question = questionText({ state, host: host ?? "", error: "" });
  return [...new Set([question, message])].join("\n");
}

/**
 * Return the buttons of an error, and what follows them.
 * @param {string} key
 * @param {NodeError} error
 */
function remediesOf(key, error) {
  const { entry, task_id } = error;
  return remedies(error, () => (entry ? onTask({ ...entry, task_id }) : settle(key)));
}

/** Show no error any more. @param {string} key */
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
  const actions = error && error.action !== "key" ? remediesOf(key, error) : []; // see showHint
  const more = error && { act: () => showErrorCard(key, error), actions };
  panelFor(key)?.showLine(line, tone, more);
}

/**
 * @param {string} key
 * @param {string | null} taskId null: this Run has none, an earlier one had
 * @param {import("./task_ids.mjs").End} [end] of the node's last Run; undefined: as is known
 */
function setTask(key, taskId, end = ids.endOf(key, taskId)) {
  ids.remember(key, taskId, end);
  panelFor(key)?.showTask(taskId);
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
