/** Our tab in ComfyUI's sidebar. */
import { app } from "./comfyui.mjs";

const ID = "wan27.tasks";

/**
 * Add the tab.
 * @param {string} title
 * @param {(container: HTMLElement) => void} render fills the opened tab
 * @param {() => void} destroy is called after the tab was closed
 */
export function addSidebarTab(title, render, destroy) {
  app.extensionManager.registerSidebarTab({
    id: ID,
    title,
    tooltip: title,
    icon: "pi pi-video",
    type: "custom",
    render,
    destroy,
  });
}

/** Open the tab, if it is not open. */
export function openSidebarTab() {
  const { command, sidebarTab: tabs } = /** @type {any} */ (app.extensionManager);
  if (tabs?.activeSidebarTabId !== ID) command.execute(`Workspace.ToggleSidebarTab.${ID}`);
}

/** @param {string} title */
export function renameSidebarTab(title) {
  Object.assign(sidebarTab() ?? {}, { title, tooltip: title });
}

/** Return ComfyUI's reactive object of the tab; undefined before it is added. @returns {any} */
export function sidebarTab() {
  return app.extensionManager.getSidebarTabs?.().find(({ id }) => id === ID);
}
