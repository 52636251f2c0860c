/** The settings dialog: the host, its key, and what the environment variables would set. */
import { openDialog } from "../ui/dialog.mjs";
import { button, element } from "../ui/elements.mjs";
import { messageOf } from "../ui/server.mjs";
import { text } from "../ui/texts.mjs";
import { keyField, settingField } from "./fields.mjs";
import {
  checkKey,
  loadSettings,
  saveKey,
  saveSettings,
  saveSimulator,
  writeProblem,
} from "./settings.mjs";

/** @typedef {import("./settings.mjs").State} State */

/** Open the dialog, unless it is open. */
export async function openSettings() {
  if (document.querySelector(".wan27-settings")) return;
  const loading = element("p", { role: "status" }, text("loading"));
  const body = element("div", { className: "wan27-settings" }, loading);
  openDialog(text("settings"), body);
  try {
    const [state, refusal] = await Promise.all([loadSettings(), writeProblem()]);
    // Before the user types a key that could not be saved.
    fill(body, refusal ? { ...state, problem: refusal } : state);
  } catch (error) {
    const problem = { className: "wan27-error", role: "alert" };
    body.replaceChildren(element("p", problem, messageOf(error)));
  }
}

/** @param {HTMLElement} body @param {State} state */
function fill(body, state) {
  const status = new StatusLine();
  /** @param {State} next */
  const update = (next) => {
    status.show(next.problem ?? text("runs_at", { host: next.host?.title ?? "" }), !next.problem);
    for (const field of [...settings, ...keys]) field.update(next);
  };
  const settings = state.settings.map((setting) =>
    settingField(setting, async (values) => update(await saveSettings(values))),
  );
  const keys = state.keys.map((key) =>
    keyField(key, async (name, value) => update(await saveKey(name, value))),
  );
  const [host, ...others] = settings.map(({ root }) => root);
  body.replaceChildren(
    status.root,
    ...(host ? [host] : []),
    hostButtons(status, update),
    element("h3", {}, text("keys")),
    element("p", {}, text("keys_intro")),
    ...keys.map(({ root }) => root),
    element("h3", {}, text("more")),
    ...others,
  );
  update(state);
}

/** The line at the top: the host that a Run uses, or what is wrong. */
class StatusLine {
  root = element("p", { className: "wan27-status", role: "status" });

  /** @param {string} message @param {boolean} ok */
  show(message, ok) {
    this.root.textContent = message;
    this.root.classList.toggle("wan27-error", !ok);
  }
}

/**
 * Create the two buttons below the host.
 * @param {StatusLine} status
 * @param {(state: State) => void} update
 */
function hostButtons(status, update) {
  const check = async () => {
    status.show(text("checking"), true);
    await checkKey().then(
      ({ ok, message }) => status.show(message, ok),
      (error) => status.show(messageOf(error), false),
    );
  };
  const simulate = () =>
    saveSimulator().then(update, (error) => status.show(messageOf(error), false));
  const buttons = [button(text("check"), check), button(text("try_simulator"), simulate)];
  return element("div", { className: "wan27-tools" }, ...buttons);
}
