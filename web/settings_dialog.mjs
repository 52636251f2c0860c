/** The settings: which host, its key, and what the environment would else say. Each field is saved when it is left, by itself. */
import { openDialog } from "./dialog.mjs";
import { button, element } from "./elements.mjs";
import { keyField } from "./key_field.mjs";
import { complain, tell } from "./notices.mjs";
import { get, post, sentence } from "./server.mjs";
import { settingField } from "./setting_field.mjs";
import { text } from "./texts.mjs";

/** @typedef {{name: string, kind: string, choices: string[] | null, value: string | null, locked: boolean}} Setting */
/** @typedef {{name: string, host: string, title: string, set: boolean, locked: boolean, console: string}} KeyState */
/** @typedef {{host: {name: string, title: string} | null, problem: string | null, keys: KeyState[], settings: Setting[]}} State */

const SIMULATE = { WAN27_HOST: "simulator" };

/** @type {Set<() => void>} */
const listeners = new Set();

/** @param {() => void} listener is called whenever a setting or key was changed here */
export function onSettingsChange(listener) {
  listeners.add(listener);
}

/** Open the dialog. */
export async function openSettings() {
  if (document.querySelector(".wan27-settings")) return;
  const body = element("div", { className: "wan27-settings" }, element("p", { role: "status" }, text("loading")));
  openDialog(text("settings"), body);
  try {
    fill(body, await get("/wan27/settings"));
  } catch (error) {
    body.replaceChildren(element("p", { className: "wan27-error", role: "alert" }, sentence(error)));
  }
}

/** Play the API on this machine from now on; whoever looks at the settings sees it there. */
export async function simulate() {
  await change("/wan27/settings", SIMULATE).then(
    () => tell(text("simulating")),
    (error) => complain(sentence(error)),
  );
}

/** @param {string} path @param {object} what @returns {Promise<State>} the settings then; rejects with what the server has against it */
async function change(path, what) {
  const next = await post(path, what);
  listeners.forEach((listener) => listener());
  return next;
}

/** @param {HTMLElement} body @param {State} state */
function fill(body, state) {
  const status = element("p", { className: "wan27-status", role: "status" });
  /** @type {((state: State) => void)[]} */
  const parts = [];
  /** @param {string} path @param {object} what */
  const send = async (path, what) => show(await change(path, what));
  /** @param {State} next */
  const show = (next) => {
    status.textContent = next.problem ?? text("runs_at", { host: next.host?.title ?? "" });
    status.classList.toggle("wan27-error", Boolean(next.problem));
    parts.forEach((update) => update(next));
  };
  const [host, ...others] = state.settings.map((setting) => settingField(setting, state.keys, (what) => send("/wan27/settings", what), parts));
  const keys = state.keys.map((key) => keyField(key, (what) => send("/wan27/keys", what), parts));
  body.replaceChildren(status, ...[host].filter(Boolean), tools(status, send), ...section("keys", "keys_intro", keys), ...section("more", null, others));
  show(state);
}

/**
 * @param {"keys" | "more"} title
 * @param {"keys_intro" | null} intro
 * @param {HTMLElement[]} fields
 */
function section(title, intro, fields) {
  return [element("h3", {}, text(title)), ...(intro ? [element("p", {}, text(intro))] : []), ...fields];
}

/** The two buttons below the host. @param {HTMLElement} status @param {(path: string, what: object) => Promise<void>} send */
function tools(status, send) {
  /** @param {string} message @param {boolean} ok */
  const say = (message, ok) => {
    status.textContent = message;
    status.classList.toggle("wan27-error", !ok);
  };
  const check = async () => {
    say(text("checking"), true);
    const { ok, message } = await post("/wan27/check", {}).catch((error) => ({ ok: false, message: sentence(error) }));
    say(message, ok);
  };
  const choose = () => send("/wan27/settings", SIMULATE).catch((error) => say(sentence(error), false));
  return element("div", { className: "wan27-tools" }, button(text("check"), check), button(text("try_simulator"), choose));
}
