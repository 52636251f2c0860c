/** Our entries in the context menu of our nodes, in both renderers. */
import { openSettings } from "../settings/settings_dialog.mjs";
import { copyId } from "../ui/clipboard.mjs";
import { showInfo } from "../ui/notices.mjs";
import { text } from "../ui/texts.mjs";
import { taskOf } from "./node_status.mjs";
import { isOurs } from "./our_nodes.mjs";

/** @typedef {import("./our_nodes.mjs").Node} Node */

/** @param {Node} node */
export function menuItems(node) {
  if (!isOurs(node)) return [];
  return [
    null,
    { content: `Wan27: ${text("copy_id")}`, callback: () => copyTaskId(node) },
    { content: `Wan27: ${text("open_settings")}`, callback: openSettings },
  ];
}

/** @param {Node} node */
function copyTaskId(node) {
  const id = taskOf(node);
  if (id) copyId(id);
  else showInfo(text("no_id"));
}
