/** The page's entry, the only file that ComfyUI loads by itself: what this pack adds to it, each part in a module of its own. */
import { addBadges } from "./badges.mjs";
import { api, app } from "./comfyui.mjs";
import { Costs } from "./cost.mjs";
import { followFrames } from "./decode_frames.mjs";
import { button, element } from "./elements.mjs";
import { showError } from "./errors.mjs";
import { hint } from "./first_minute.mjs";
import { loadLanguage } from "./language.mjs";
import { menuItems } from "./node_menu.mjs";
import { isOurs } from "./nodes.mjs";
import { RecentTasks } from "./recent_tasks.mjs";
import { TAB, redraw } from "./redraw.mjs";
import { get } from "./server.mjs";
import { onSettingsChange, openSettings } from "./settings_dialog.mjs";
import { idInOutput, idInStatus, remember } from "./task_ids.mjs";
import { text } from "./texts.mjs";

const costs = new Costs((question) => get(`/wan27/cost?${question}`), redraw);

/** @type {RecentTasks | null} */
let tab = null;

// ComfyUI's own settings are readable by every page, so this one holds nothing: it is a button to ours.
const SECTION = {
  id: "Wan27.Open",
  name: "Host, API keys, limits",
  category: ["Wan 2.7", "Wan 2.7", "Settings"],
  defaultValue: null,
  type: () => button(text("open_settings"), openSettings),
};

document.head.append(element("link", { rel: "stylesheet", href: new URL("./wan27.css", import.meta.url).href }));
app.registerExtension({
  name: "Wan27",
  commands: [{ id: "Wan27.Settings", label: "Wan 2.7 settings", icon: "pi pi-cog", function: openSettings }],
  menuCommands: [{ path: ["Extensions", "Wan 2.7"], commands: ["Wan27.Settings"] }],
  settings: /** @type {any} */ ([SECTION]),
  async setup() {
    await loadLanguage();
    app.extensionManager.registerSidebarTab({
      id: TAB,
      title: text("tasks"),
      tooltip: text("tasks"),
      icon: "pi pi-video",
      type: "custom",
      render: (container) => {
        tab?.close();
        tab = new RecentTasks(container);
      },
      destroy: () => {
        tab?.close();
        tab = null;
      },
    });
    listen();
    hint();
  },
  nodeCreated(node) {
    if (!isOurs(node)) return;
    addBadges(node, costs);
    followFrames(node);
    queueMicrotask(hint); // a moment later the node is in the graph
  },
  afterConfigureGraph: hint,
  getNodeMenuItems: menuItems,
});

/** What the server tells. */
function listen() {
  onSettingsChange(() => costs.forget());
  api.addEventListener("reconnected", () => costs.forget());
  api.addEventListener("wan27.error", ({ detail }) => {
    remember(detail.node_id, detail.task_id);
    showError(detail);
  });
  api.addEventListener("executed", ({ detail }) => remember(detail.display_node ?? detail.node, idInOutput(detail.output)));
  api.addEventListener("progress_text", ({ detail }) => remember(detail.nodeId, idInStatus(detail.text ?? "")));
}
