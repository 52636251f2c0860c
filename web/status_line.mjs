/** Where a node's work stands, in one line of the user's language. */
import { duration } from "./durations.mjs";
import { priceText } from "./prices.mjs";
import { known, text } from "./texts.mjs";

/**
 * @typedef {{phase: string, host: string, percent: number | null, elapsed_seconds: number, left_seconds: number | null, price: string | null,
 *   bought: boolean, task_id: string | null, notices: string[]}} Status what "wan27.status" carries
 */

const ENDINGS = ["submitted", "done"];

/** @param {Status} status whether its node works no longer */
export function hasEnded({ phase }) {
  return ENDINGS.includes(phase);
}

/** @param {Status} status */
export function phaseText({ phase, percent }) {
  return (known(`phase_${phase}`) ?? phase) + (percent ? ` ${percent} %` : "");
}

/** @param {Status} status */
export function statusLine(status) {
  return [phaseText(status), ...(hasEnded(status) ? ending(status) : facts(status)), ...status.notices].join(" · ");
}

/** @param {Status} status */
function ending({ bought, host, price }) {
  if (!bought) return [text("nothing_bought")];
  return [host, priceText(price)];
}

/** @param {Status} status */
function facts({ elapsed_seconds: gone, left_seconds: left, host, price, bought }) {
  return [
    ...(gone ? [duration(gone)] : []),
    ...(left ? [text("left", { time: duration(left) })] : []),
    host,
    ...(price !== null || bought ? [priceText(price)] : []),
  ];
}
