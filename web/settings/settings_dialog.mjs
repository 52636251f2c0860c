/** The settings dialog: the host and its key first, then what the environment could also set. */
import { focusFirst, openDialog } from "../ui/dialog.mjs";
import { button, element } from "../ui/elements.mjs";
import { hostText } from "../ui/format.mjs";
import { messageOf } from "../ui/server.mjs";
import { text } from "../ui/texts.mjs";
import { keyField, settingField } from "./fields.mjs";
import {
  canSimulate,
  checkKey,
  loadSettings,
  saveKey,
  saveSettings,
  saveSimulator,
  writeProblem,
} from "./settings.mjs";

/** @typedef {import("./settings.mjs").State} State */

/**
 * Open the dialog, unless it is open.
 * @param {{atKey?: boolean, at?: string | null}} [options] with the focus on the key of the chosen
 *   host, or on the setting with that name
 */
export async function openSettings({ atKey = false, at = null } = {}) {
  if (document.querySelector(".wan27-settings")) return;
  const loading = element("p", { role: "status" }, text("loading"));
  const root = element("div", { className: "wan27-settings" }, loading);
  openDialog(text("settings"), root);
  try {
    const [state, refusal] = await Promise.all([loadSettings(), writeProblem()]);
    // Before the user types a key that could not be saved.
    fill(root, refusal ? { ...state, problem: refusal } : state);
    focusFirst(/** @type {Element} */ (root.querySelector(".wan27-host")));
    if (atKey) focusKey(root, state);
    else focusField(at);
  } catch (error) {
    const problem = { className: "wan27-error", role: "alert" };
    root.replaceChildren(element("p", problem, messageOf(error)));
  }
}

/** @param {HTMLElement} root @param {State} state */
function fill(root, state) {
  /** @param {State} next */
  const update = (next) => {
    status.showState(next);
    for (const field of [...settings, ...keys]) field.update(next);
  };
  const status = new StatusBox(update, (next) => focusKey(root, next));
  const settings = state.settings.map((setting) =>
    settingField(setting, async (values) => update(await saveSettings(values))),
  );
  const keys = state.keys.map((key) =>
    keyField(key, async (name, value) => {
      const next = await saveKey(name, value);
      update(next);
      return next;
    }),
  );
  const [host, ...others] = settings.map((each) => each.root);
  host?.classList.add("wan27-host");
  const open = state.settings.length > 0 && Boolean(state.host && state.problem);
  root.replaceChildren(
    status.root,
    ...(host ? [host] : []),
    element("h3", {}, text("keys")),
    element("p", { className: "wan27-help" }, text("keys_intro")),
    ...keys.map((each) => each.root),
    element("details", { open }, element("summary", {}, text("more")), ...others),
  );
  update(state);
}

/**
 * Focus the key that a Run uses, else that of the chosen host, else the first one.
 * @param {HTMLElement} root
 * @param {State} state
 */
function focusKey(root, { host: used, settings, keys }) {
  const chosen = settings.find(({ name }) => name === "WAN27_HOST")?.value;
  const isMeant = (/** @type {import("./settings.mjs").KeyState} */ { name, host }) =>
    used ? name === used.key : host === chosen;
  const key = keys.find((each) => isMeant(each) && !each.locked) ?? keys[0];
  focusField(key?.name);
}

/** Focus a field, if it is there. @param {string | null | undefined} name of its setting or key */
function focusField(name) {
  const field = document.getElementById(`wan27-${name}`);
  field?.closest("details")?.setAttribute("open", "");
  field?.focus();
  field?.closest(".wan27-field")?.scrollIntoView({ block: "nearest" }); // with its help
}

/** The box at the top: what a Run uses, or how to begin. Its size is the same in every state. */
class StatusBox {
  /**
   * @param {(state: State) => void} update
   * @param {(state: State) => void} focusKey
   */
  constructor(update, focusKey) {
    this.line = element("p", { role: "status" });
    this.check = button(text("check"), () => this.#check());
    this.simulate = button(
      text("try_simulator"),
      () => saveSimulator().then(update, (error) => this.#show(messageOf(error), false)),
      "wan27-button wan27-primary",
    );
    this.addKey = button(text("add_key"), () => this.state && focusKey(this.state));
    const buttons = [this.simulate, this.addKey, this.check];
    const row = element("div", { className: "wan27-row" }, ...buttons);
    this.root = element("div", { className: "wan27-status" }, this.line, row);
  }

  /** @param {State} state */
  showState(state) {
    const { host, problem } = state;
    this.state = state;
    this.check.hidden = !host?.key; // the simulator has none
    this.simulate.hidden = Boolean(host) || !canSimulate(state);
    this.addKey.hidden = Boolean(host?.key);
    const line = host ? text("runs_at", { host: hostText(host.title) }) : text("no_key");
    this.#show(problem ?? line, !problem);
  }

  async #check() {
    this.#show(text("checking"), true);
    await checkKey().then(
      ({ ok, message }) => this.#show(message, ok),
      (error) => this.#show(messageOf(error), false),
    );
  }

  /** @param {string} message @param {boolean} ok */
  #show(message, ok) {
    this.line.textContent = message;
    this.root.classList.toggle("wan27-problem", !ok);
  }
}
