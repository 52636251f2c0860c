/**
 * The life of our nodes as the server tells it: each node says on its panel where its work stands, how it ended, and which task is its own.
 *
 * A run takes minutes, and the user may have opened another workflow meanwhile: what is told of nodes out of sight is kept until they are seen.
 */
import { isOurs } from "./nodes.mjs";
import { withdraw } from "./notices.mjs";
import { panelOf } from "./panel.mjs";
import { redraw } from "./redraw.mjs";
import { hasEnded, phaseText, statusLine } from "./status_line.mjs";
import { TaskIds } from "./task_ids.mjs";
import { text } from "./texts.mjs";
import { nodeAt, workflowId } from "./workflow.mjs";

/** @typedef {import("./nodes.mjs").Node} Node */
/** @typedef {{node_id: string, workflow_id: string | null}} At */

const MOST = 300;
const ids = new TaskIds(sessionStorage);

/** @type {Map<string, {line: string, tone: import("./panel.mjs").Tone}>} what each node said last, by place; the newest at the end */
const said = new Map();

/** @type {Map<string, string>} the phase of each node at work, by place */
const busy = new Map();

/** @param {At} at @returns {string} one node of one workflow */
export function placeOf({ node_id: node, workflow_id: workflow }) {
  return `${workflow} ${node}`;
}

/** @param {At & import("./status_line.mjs").Status} status */
export function onStatus(status) {
  const place = placeOf(status);
  const ended = hasEnded(status);
  work(place, ended ? null : phaseText(status));
  withdraw(place); // what it failed with before
  say(place, statusLine(status), ended ? "done" : "busy");
  if (!status.task_id) shown(place)?.name(null);
  name(place, status.task_id);
}

/** @param {At & {message: string, task_id: string | null}} trouble */
export function onError(trouble) {
  const place = placeOf(trouble);
  work(place, null);
  say(place, trouble.message, "error");
  name(place, trouble.task_id);
}

/** The run was cancelled, or another node failed: whoever was at work is no longer. */
export function onStop() {
  for (const place of [...busy.keys()]) {
    work(place, null);
    say(place, text("stopped"), "done");
  }
}

/** A workflow was opened: what is known of its nodes is on their panels again. */
export function onOpen() {
  for (const [place, { line, tone }] of said) shown(place)?.say(line, tone);
  for (const [place, taskId] of ids.all()) shown(place)?.name(taskId);
}

/** @param {Node} subgraph @returns {string} the phase of the work within it, empty where there is none */
export function progressWithin(subgraph) {
  const [, phase] = [...busy].find(([place]) => isWithin(place) && nodeOf(place.replace(/:[^ ]*$/, "")) === subgraph) ?? ["", ""];
  return phase;
}

/** @param {Node} node @returns {string | null} the id of its task */
export function taskOf(node) {
  return ids.all().find(([place]) => nodeOf(place) === node)?.[1] ?? null;
}

/** @param {string} place @param {string | null} phase null: it works no longer */
function work(place, phase) {
  if ((busy.get(place) ?? null) === phase) return;
  if (phase === null) busy.delete(place);
  else busy.set(place, phase);
  if (isWithin(place)) redraw(); // the badge of the subgraph around it
}

/** @param {string} place @param {string} line @param {import("./panel.mjs").Tone} tone */
function say(place, line, tone) {
  said.delete(place);
  said.set(place, { line, tone });
  if (said.size > MOST) said.delete([...said.keys()][0]);
  shown(place)?.say(line, tone);
}

/** @param {string} place @param {string | null} taskId */
function name(place, taskId) {
  ids.remember(place, taskId);
  if (taskId) shown(place)?.name(taskId);
}

/** @param {string} place @returns the panel of that node, where it is in the open workflow */
function shown(place) {
  const node = nodeOf(place);
  return isOurs(node) ? panelOf(node) : null;
}

/** @param {string} place @returns {Node} undefined where it is none of the open workflow */
function nodeOf(place) {
  const cut = place.lastIndexOf(" ");
  return place.slice(0, cut) === workflowId() ? nodeAt(place.slice(cut + 1)) : undefined;
}

/** @param {string} place whether its node lies in a subgraph */
function isWithin(place) {
  return /:[^ ]*$/.test(place);
}
