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

/** @param {string} title */
export function renameSidebarTab(title) {
  Object.assign(sidebarTab() ?? {}, { title, tooltip: title });
}

/** Return ComfyUI's reactive object of the tab; undefined before it is added. @returns {any} */
export function sidebarTab() {
  return app.extensionManager.getSidebarTabs?.().find(({ id }) => id === ID);
}
