/** One setting: saved when it is left, and what the server has against it stands below it. */
import { element } from "./elements.mjs";
import { sentence } from "./server.mjs";
import { known, text } from "./texts.mjs";

/** @typedef {import("./settings_dialog.mjs").Setting} Setting */
/** @typedef {import("./settings_dialog.mjs").KeyState} KeyState */

const ON = ["1", "true", "yes", "on"];

/**
 * @param {Setting} setting
 * @param {KeyState[]} keys which know the titles of the hosts
 * @param {(what: Record<string, string | null>) => Promise<void>} save rejects with what the server has against it
 * @param {((state: import("./settings_dialog.mjs").State) => void)[]} parts where to ask for news of the settings
 */
export function settingField(setting, keys, save, parts) {
  const id = `wan27-${setting.name}`;
  const input = control(setting, keys);
  const said = element("p", { className: "wan27-said", id: `${id}-said`, role: "status" });
  const help = element("p", { className: "wan27-help", id: `${id}-help` }, setting.locked ? text("locked", { name: setting.name }) : known(`${setting.name}_help`));
  Object.assign(input, { id, disabled: setting.locked });
  input.setAttribute("aria-describedby", `${help.id} ${said.id}`);
  input.addEventListener("change", async () => {
    const problem = await save({ [setting.name]: read(input) }).then(() => "", sentence);
    said.textContent = problem || text("saved");
    said.classList.toggle("wan27-error", Boolean(problem));
    input.setAttribute("aria-invalid", String(Boolean(problem)));
  });
  parts.push((state) => {
    const now = state.settings.find(({ name }) => name === setting.name);
    if (now && input.getAttribute("aria-invalid") !== "true") write(input, now.value);
  });
  const label = element("label", { for: id }, known(setting.name) ?? setting.name, element("code", {}, setting.name));
  return element("div", { className: "wan27-field" }, label, input, help, said);
}

/** @param {Setting} setting @param {KeyState[]} keys */
function control(setting, keys) {
  if (setting.kind === "switch") return element("input", { type: "checkbox" });
  if (setting.kind !== "choice") return element("input", { type: "text", inputMode: setting.kind === "number" ? "decimal" : "text", spellcheck: false });
  const options = (setting.choices ?? []).map((value) => element("option", { value }, choiceTitle(value, keys)));
  return element("select", {}, ...options);
}

/** @param {string} value @param {KeyState[]} keys */
function choiceTitle(value, keys) {
  return value ? (keys.find(({ host }) => host === value)?.title ?? known(value) ?? value) : text("automatic");
}

/** @param {HTMLInputElement | HTMLSelectElement} input @returns {string | null} null: not set */
function read(input) {
  if (input.type === "checkbox") return /** @type {HTMLInputElement} */ (input).checked ? "1" : null;
  return input.value.trim() || null;
}

/** @param {HTMLInputElement | HTMLSelectElement} input @param {string | null} value */
function write(input, value) {
  if (input.type === "checkbox") /** @type {HTMLInputElement} */ (input).checked = ON.includes((value ?? "").toLowerCase());
  else input.value = value ?? "";
}
