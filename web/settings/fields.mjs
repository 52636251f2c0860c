/** The fields of the settings dialog. Each saves itself and shows the result below itself. */
import { button, element, link } from "../ui/elements.mjs";
import { messageOf } from "../ui/server.mjs";
import { knownText, text } from "../ui/texts.mjs";

/** @typedef {import("./settings.mjs").Setting} Setting */
/** @typedef {import("./settings.mjs").KeyState} KeyState */
/** @typedef {import("./settings.mjs").State} State */
/** @typedef {import("./settings.mjs").Values} Values */
/** @typedef {HTMLInputElement | HTMLSelectElement} Control */
/** @typedef {{root: HTMLElement, update: (state: State) => void}} Field */

const ON = ["1", "true", "yes", "on"];

/**
 * Create the field of one setting, which is saved when the user leaves it.
 * @param {Setting} setting
 * @param {(values: Values) => Promise<void>} save rejects with the server's objection
 * @returns {Field}
 */
export function settingField(setting, save) {
  const { name, locked } = setting;
  const id = `wan27-${name}`;
  const input = control(setting);
  const result = element("p", { className: "wan27-result", id: `${id}-result`, role: "status" });
  const helpText = locked ? text("locked", { name }) : knownText(`${name}_help`);
  const help = element("p", { className: "wan27-help", id: `${id}-help` }, helpText);
  Object.assign(input, { id, disabled: locked });
  input.setAttribute("aria-describedby", `${help.id} ${result.id}`);
  input.addEventListener("change", async () => {
    const saving = save({ [name]: valueOf(input) }).then(() => text("saved"));
    const ok = await showResult(result, saving);
    input.setAttribute("aria-invalid", String(!ok));
  });
  const label = element("label", { for: id }, knownText(name) ?? name);
  return {
    root: element("div", { className: "wan27-field" }, label, input, help, result),
    update(state) {
      const saved = state.settings.find((each) => each.name === name);
      if (saved && input.getAttribute("aria-invalid") !== "true") setValue(input, saved.value);
    },
  };
}

/**
 * Create the field of a host's key. The key is sent to the server once and never comes back.
 * @param {KeyState} key
 * @param {(name: string, value: string | null) => Promise<State>} save rejects with the server's
 *   objection
 * @returns {Field}
 */
export function keyField(key, save) {
  const { name, title } = key;
  const id = `wan27-${name}`;
  const input = keyInput(id);
  const state = element("span", { className: "wan27-key-state" });
  const result = element("p", { className: "wan27-result", role: "status" });
  /** @param {string | null} value */
  const send = (value) => {
    input.value = ""; // before anything can fail
    return showResult(result, save(name, value).then((next) => savedText(key, value, next)));
  };
  const saveInput = () => {
    const value = input.value.trim();
    if (value) {
      send(value);
      return;
    }
    result.textContent = text("key_empty");
    input.focus();
  };
  input.addEventListener("keydown", (event) => event.key === "Enter" && saveInput());
  const remove = button(text("key_remove"), () => send(null), "wan27-link");
  const saving = button(text("key_save"), saveInput);
  const label = element("label", { for: id }, text("key_of", { host: title }), state);
  const head = element("div", { className: "wan27-head" }, label, remove);
  const row = element("div", { className: "wan27-row" }, input, saving);
  const help = element(
    "p",
    { className: "wan27-help" },
    link(key.console, text("key_console", { host: title })),
    key.is_enough ? ` · ${text("key_is_enough")}` : null,
  );
  return {
    root: element("div", { className: "wan27-field" }, head, row, help, result),
    update({ keys }) {
      const { set, locked } = keys.find((each) => each.name === name) ?? key;
      state.textContent = text(set ? "key_set" : "key_not_set");
      state.classList.toggle("wan27-good", set);
      for (const each of [input, saving, remove]) each.disabled = locked;
      remove.classList.toggle("wan27-absent", !set); // its room stays
      if (locked) result.textContent = text("locked", { name });
    },
  };
}

/**
 * Return what is shown after a key was saved or removed.
 * @param {KeyState} key
 * @param {string | null} value
 * @param {State} state after it
 */
function savedText({ name, title }, value, { host }) {
  const isUsed = value === null || host?.key === name;
  return isUsed ? text("saved") : text("key_saved_unused", { host: title });
}

/** Create the input of a key; password managers would offer to keep the key. @param {string} id */
function keyInput(id) {
  return element("input", {
    id,
    type: "password",
    autocomplete: "new-password",
    placeholder: text("key_paste"),
    spellcheck: false,
    "data-1p-ignore": "",
  });
}

/**
 * Show that it was saved, or why not.
 * @param {HTMLElement} line
 * @param {Promise<string>} saving resolves to what to show
 * @returns {Promise<boolean>} true if it was saved
 */
async function showResult(line, saving) {
  let ok = true;
  line.textContent = await saving.catch((error) => {
    ok = false;
    return messageOf(error);
  });
  line.classList.toggle("wan27-error", !ok);
  line.scrollIntoView({ block: "nearest" }); // it may be below the edge of a small window
  return ok;
}

/** @param {Setting} setting @returns {Control} */
function control({ kind, choices, titles }) {
  if (kind === "switch") return element("input", { type: "checkbox" });
  if (kind !== "choice") {
    const inputMode = kind === "number" ? "decimal" : "text";
    return element("input", { type: "text", inputMode, spellcheck: false });
  }
  const titleOf = (/** @type {string} */ value) => titles[value] ?? knownText(value) ?? value;
  const optionOf = (/** @type {string} */ value) =>
    element("option", { value }, value ? titleOf(value) : text("automatic"));
  const options = (choices ?? []).map(optionOf);
  return element("select", {}, ...options);
}

/** @param {Control} input @returns {string | null} null: not set */
function valueOf(input) {
  if (isCheckbox(input)) return input.checked ? "1" : null;
  return input.value.trim() || null;
}

/** @param {Control} input @param {string | null} value */
function setValue(input, value) {
  if (isCheckbox(input)) input.checked = ON.includes((value ?? "").toLowerCase());
  else input.value = value ?? "";
}

/** @param {Control} input @returns {input is HTMLInputElement} */
function isCheckbox(input) {
  return input.type === "checkbox";
}
