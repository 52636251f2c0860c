/** Errors of our nodes: frontends since 1.47 show "an error occurred" and hide the sentence that says what to do, so it is shown here. */
import { isSafe } from "./elements.mjs";
import { offer } from "./notices.mjs";
import { openSettings } from "./settings_dialog.mjs";
import { addTaskPoll } from "./task_poll.mjs";
import { text } from "./texts.mjs";

/** @typedef {{node_id: string, message: string, action: string | null, url: string | null, task_id: string | null}} Trouble what "wan27.error" carries */

/** @param {Trouble} trouble */
export function showError(trouble) {
  offer(trouble.message, remedies(trouble), "error", trouble.node_id);
}

/** @param {Trouble} trouble @returns {{label: string, act: () => void}[]} what to click, where there is something */
function remedies({ action, url, task_id }) {
  if (action === "settings") return [{ label: text("open_settings"), act: openSettings }];
  if (action === "top_up" && url && isSafe(url)) return [{ label: text("top_up"), act: () => window.open(url, "_blank", "noopener,noreferrer") }];
  if (action === "collect" && task_id) return [{ label: text("collect"), act: () => addTaskPoll(task_id) }];
  return [];
}
