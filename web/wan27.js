/** The page's entry, the only file that ComfyUI loads by itself: adds each part to ComfyUI. */
import { showUsedAdvanced } from "./nodes/advanced.mjs";
import { addBadges } from "./nodes/badges.mjs";
import { Costs } from "./nodes/cost.mjs";
import { followFrames } from "./nodes/decode_frames.mjs";
import { menuItems } from "./nodes/node_menu.mjs";
import {
  onCached,
  onError,
  onKey,
  onOpen,
  onStatus,
  onStop,
  onTask,
} from "./nodes/node_status.mjs";
import { lookForKey, showOnboarding } from "./nodes/onboarding.mjs";
import { isOurs } from "./nodes/our_nodes.mjs";
import { keepPromptsReadable } from "./nodes/prompts.mjs";
import { redrawBadges } from "./nodes/redraw.mjs";
import { avoidSecondPlayer, saveWithoutPlayer } from "./nodes/video_player.mjs";
import { openSettings } from "./settings/settings_dialog.mjs";
import { addTasksTab, translateTasksTab } from "./tasks/tasks_tab.mjs";
import { api, app } from "./ui/comfyui.mjs";
import { button, element } from "./ui/elements.mjs";
import { loadLanguage, onLanguageChange } from "./ui/language.mjs";
import { showCard } from "./ui/notices.mjs";
import { get, post } from "./ui/server.mjs";
import { text } from "./ui/texts.mjs";

const costs = new Costs((query) => get(`/wan27/cost?${query}`), redrawBadges);

// Every page can read ComfyUI's own settings, so ours are not among them; this one is a button.
const SECTION = {
  id: "Wan27.Open",
  name: "Host, API keys, limits",
  category: ["Wan27", "Wan27", "Settings"],
  defaultValue: null,
  type: () => button(text("open_settings"), openSettings),
};
const SETTINGS_COMMAND = {
  id: "Wan27.Settings",
  label: "Wan27 settings",
  icon: "pi pi-cog",
  function: openSettings,
};

/** @type {() => void} */
let start;
/** @type {Promise<void>} */
const started = new Promise((resolve) => (start = resolve));

const style = new URL("./ui/wan27.css", import.meta.url);
document.head.append(element("link", { rel: "stylesheet", href: style.href }));
listen();
app.registerExtension({
  name: "Wan27",
  commands: [SETTINGS_COMMAND],
  menuCommands: [{ path: ["Extensions", "Wan27"], commands: [SETTINGS_COMMAND.id] }],
  settings: /** @type {any} */ ([SECTION]),
  async setup() {
    await loadLanguage();
    addTasksTab();
    start();
    onLanguageChange(translate);
    announce();
    lookForKey();
  },
  nodeCreated(node) {
    addBadges(node, costs); // also on subgraphs, which may contain our nodes
    if (!isOurs(node)) return;
    followFrames(node);
    keepPromptsReadable(node);
    showUsedAdvanced(node);
    avoidSecondPlayer(node);
    saveWithoutPlayer(node);
    queueMicrotask(showOnboarding); // once the node is in the graph
  },
  afterConfigureGraph() {
    onOpen();
    showOnboarding();
  },
  getNodeMenuItems: menuItems,
});

/**
 * Listen to the server before it can send anything: ComfyUI's page reports an event without a
 * listener as an error.
 */
function listen() {
  /** @type {Record<string, (detail: any) => unknown>} */
  const listeners = {
    reconnected: onReconnected,
    "wan27.settings": onSettings, // changed in any tab
    "wan27.status": onStatus,
    "wan27.error": onError,
    "wan27.task": onTask, // decided in any tab
    execution_cached: onCached,
    execution_interrupted: onStop,
    execution_error: onStop,
  };
  for (const [name, act] of Object.entries(listeners)) {
    api.addEventListener(name, ({ detail }) => started.then(() => act(detail)));
  }
}

function onReconnected() {
  onSettings();
  announce();
}

/** Show everything in the language that the user has chosen. */
function translate() {
  costs.clear();
  showOnboarding();
  translateTasksTab();
}

/** Show what the settings, which may have changed, mean for the nodes. */
async function onSettings() {
  costs.clear();
  if (await lookForKey()) onKey();
}

/**
 * Tell the server that this page shows the status itself, so that ComfyUI does not repeat it, and
 * show what is wrong with the installation.
 */
async function announce() {
  if (!api.clientId) return;
  const answer = await post("/wan27/pages", { client_id: api.clientId }).catch(() => null);
  for (const problem of answer?.problems ?? []) showCard(problem, [], "error");
}
