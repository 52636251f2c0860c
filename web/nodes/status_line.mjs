/** The status of a node as one line of text in the user's language. */
import { durationText, priceText } from "../ui/format.mjs";
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

/** @param {Status} status */
function result({ bought, host, price }) {
  return bought ? [host, priceText(price)] : [text("nothing_bought")];
}

/** @param {Status} status */
function progress({ elapsed_seconds: elapsed, left_seconds: left, host, price, bought }) {
  return [
    ...(elapsed ? [durationText(elapsed)] : []),
    ...(left ? [text("left", { time: durationText(left) })] : []),
    host,
    ...(price !== null || bought ? [priceText(price)] : []),
  ];
}

/**
 * Return the line for a task of the list, as the node showed it at the end of its Run.
 * @param {{state: string, host: string, price: string | null, error: string}} task
 */
export function taskLine({ state, host, price, error }) {
  if (error) return error;
  const phase = state === "finished" ? text("phase_done") : (knownText(state) ?? state);
  return [phase, host, priceText(price)].join(" · ");
}
