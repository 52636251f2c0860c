/** How long something takes, for people: 42 s, 3 min 05 s, 1 h 02 min. */
import { text } from "./texts.mjs";

/** @param {number} seconds whole */
export function duration(seconds) {
  if (seconds < 60) return text("seconds", { seconds });
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return text("minutes", { minutes, seconds: two(seconds % 60) });
  return text("hours", { hours: Math.floor(minutes / 60), minutes: two(minutes % 60) });
}

/** @param {number} number */
function two(number) {
  return String(number).padStart(2, "0");
}
