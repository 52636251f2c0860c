/** The page's entry, the only file that ComfyUI loads by itself: what this pack adds to it, each part in a module of its own. */
import { addBadges } from "./badges.mjs";
import { api, app } from "./comfyui.mjs";
import { Costs } from "./cost.mjs";
import { followFrames } from "./decode_frames.mjs";
import { button, element } from "./elements.mjs";
import { showError } from "./errors.mjs";
import { hint } from "./first_minute.mjs";
import { loadLanguage, onLanguageChange } from "./language.mjs";
import { onError, onOpen, onStatus, onStop, onTask } from "./life.mjs";
import { menuItems } from "./node_menu.mjs";
import { isOurs } from "./nodes.mjs";
import { RecentTasks } from "./recent_tasks.mjs";
import { TAB, redraw, rename } from "./redraw.mjs";
import { get, post } from "./server.mjs";
import { onSettingsChange, openSettings } from "./settings_dialog.mjs";
import { idInOutput } from "./task_ids.mjs";
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
        tab.open();
      },
      destroy: () => {
        tab?.close();
        tab = null;
      },
    });
    listen();
    announce();
    hint();
  },
  nodeCreated(node) {
    addBadges(node, costs); // on subgraphs too, which may hold nodes of ours
    if (!isOurs(node)) return;
    followFrames(node);
    queueMicrotask(hint); // a moment later the node is in the graph
  },
  afterConfigureGraph() {
    onOpen();
    hint();
  },
  getNodeMenuItems: menuItems,
});

/** What the server tells. */
function listen() {
  onSettingsChange(() => costs.forget());
  onLanguageChange(() => {
    costs.forget();
    rename(text("tasks"));
    tab?.open();
  });
  api.addEventListener("reconnected", () => {
    costs.forget();
    announce();
  });
  api.addEventListener("wan27.status", ({ detail }) => onStatus(detail));
  api.addEventListener("wan27.error", ({ detail }) => {
    onError(detail);
    showError(detail);
  });
  api.addEventListener("executed", ({ detail }) => onTask(detail.display_node ?? detail.node, idInOutput(detail.output)));
  for (const end of ["execution_interrupted", "execution_error"]) api.addEventListener(end, onStop);
}

/** Say that this page shows the status of our nodes by itself, so that ComfyUI's own line does not say it a second time. */
async function announce() {
  if (api.clientId) await post("/wan27/pages", { client_id: api.clientId }).catch(() => {}); // then the line stands there too
}
