/** What the context menu of our nodes offers, in both renderers. */
import { copyId } from "./clipboard.mjs";
import { taskOf } from "./life.mjs";
import { isOurs } from "./nodes.mjs";
import { tell } from "./notices.mjs";
import { openSettings } from "./settings_dialog.mjs";
import { text } from "./texts.mjs";

/** @param {import("./nodes.mjs").Node} node */
export function menuItems(node) {
  if (!isOurs(node)) return [];
  return [
    null,
    { content: `Wan 2.7: ${text("copy_id")}`, callback: () => copyOf(node) },
    { content: `Wan 2.7: ${text("open_settings")}`, callback: openSettings },
  ];
}

/** @param {import("./nodes.mjs").Node} node */
function copyOf(node) {
  const id = taskOf(node);
  if (id) copyId(id);
  else tell(text("no_id"));
}
