/** The status of a node as one line of text in the user's language. */
import { durationText, hostText, priceText } from "../ui/format.mjs";
import { knownText, text } from "../ui/texts.mjs";

/**
 * @typedef {object} Status the event "wan27.status"
 * @property {string} phase
 * @property {string} host
 * @property {number | null} percent
 * @property {number} elapsed_seconds
 * @property {number | null} left_seconds
 * @property {string | null} price
 * @property {boolean} bought true if this Run submitted the request
 * @property {string | null} task_id
 * @property {string[]} notices
 */

/** The phases that the server sends; true: the node has ended. @type {Record<string, boolean>} */
export const PHASES = {
  uploading: false,
  submitting: false,
  looking_up: false,
  queued: false,
  processing: false,
  no_answer: false,
  downloading: false,
  decoding: false,
  found: false,
  submitted: true,
  done: true,
};

/** @param {Status} status */
export function hasEnded({ phase }) {
  return PHASES[phase] ?? false;
}

/** @param {Pick<Status, "phase" | "percent">} status */
export function phaseText({ phase, percent }) {
  return (knownText(`phase_${phase}`) ?? phase) + (percent ? ` ${percent} %` : "");
}

/** @param {Status} status */
export function statusLine(status) {
  const details = hasEnded(status) ? result(status) : progress(status);
  return [phaseText(status), ...details, ...status.notices].join(" · ");
}

/** @param {Pick<Status, "bought" | "host" | "price">} status */
function result({ bought, host, price }) {
  return bought ? [hostText(host), priceText(price)] : [text("nothing_bought")];
}

/** @param {Status} status */
function progress({ elapsed_seconds: elapsed, left_seconds: left, host, price, bought }) {
  return [
    ...(elapsed ? [durationText(elapsed)] : []),
    ...(left ? [text("left", { time: durationText(left) })] : []),
    hostText(host),
    ...(price !== null || bought ? [priceText(price)] : []),
  ];
}

/**
 * @typedef {object} TaskState the part of a task of the list that its node shows
 * @property {string} state
 * @property {string | null} task_id
 * @property {string} host
 * @property {string | null} price
 * @property {string} error
 */

/**
 * Return the line for a task of the list: how its Run ended, or what the next one does.
 * @param {TaskState} task
 * @param {import("./task_ids.mjs").End} end of the node's last Run
 * @returns {{line: string, tone: "done" | "error"}}
 */
export function taskStatus(task, { bought, notices }) {
  const { state, task_id: id } = task;
  const word = knownText(state) ?? state;
  /** @type {Record<string, string[]>} */
  const good = {
    finished: [text("phase_done"), ...result({ ...task, bought }), ...notices],
    // Not "running": a person may have given its id, and the host may be done with it.
    running: [text("collects_next", { id: id ?? "" })],
    abandoned: [word, text("submits_next")],
  };
  if (good[state]) return { line: good[state].join(" · "), tone: "done" };
  const wrong = questionText(task);
  return { line: wrong || word, tone: wrong ? "error" : "done" };
}

/**
 * Return what a person must decide about a task, or why it failed.
 * @param {Pick<TaskState, "state" | "host" | "error">} task
 */
export function questionText({ state, host, error }) {
  return knownText(`${state}_help`, { host: hostText(host) }) ?? error;
}
