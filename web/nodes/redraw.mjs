/**
 * Redraw badges when something other than a widget changed: a cost arrived, a setting changed.
 *
 * The canvas reads badges at every frame. Nodes 2.0 reads them again when a reactive value that
 * they used has changed. ComfyUI offers packs no reactive values, but it makes every registered
 * sidebar tab reactive, and one of those is ours.
 */
import { app } from "../ui/comfyui.mjs";
import { sidebarTab } from "../ui/sidebar.mjs";

/** Make the badge that is being computed depend on `redrawBadges`. */
export function trackRedraws() {
  return sidebarTab()?.redraws;
}

/** Compute again every badge that called `trackRedraws`. */
export function redrawBadges() {
  const tab = sidebarTab();
  if (tab) tab.redraws = (tab.redraws ?? 0) + 1;
  app.canvas?.setDirty(true, true);
}
