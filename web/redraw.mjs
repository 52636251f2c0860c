/**
 * Our sidebar tab as ComfyUI keeps it; and badges that change without a widget having changed: an answer came, the settings are others.
 *
 * The canvas asks its badges at every frame. Nodes 2.0 asks them when something reactive that they read has changed, and ComfyUI offers
 * packs nothing of that kind; but it makes each registered sidebar tab reactive, and one of those is ours.
 */
import { app } from "./comfyui.mjs";

export const TAB = "wan27.tasks";

/** To be called while a badge is made: it is made again after `redraw`. */
export function watch() {
  return ourTab()?.drawn;
}

/** Have every badge that called `watch` made again. */
export function redraw() {
  const tab = ourTab();
  if (tab) tab.drawn = (tab.drawn ?? 0) + 1;
  app.canvas?.setDirty(true, true);
}

/** @param {string} title of our tab from now on */
export function rename(title) {
  Object.assign(ourTab() ?? {}, { title, tooltip: title });
}

/** @returns {any} our tab as ComfyUI keeps it; undefined until it is registered */
function ourTab() {
  return app.extensionManager.getSidebarTabs?.().find(({ id }) => id === TAB);
}
