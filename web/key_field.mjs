/** The key of one host: it goes to the server once and never comes back. */
import { button, element, link } from "./elements.mjs";
import { sentence } from "./server.mjs";
import { text } from "./texts.mjs";

/**
 * @param {import("./settings_dialog.mjs").KeyState} key
 * @param {(what: {name: string, value: string | null}) => Promise<void>} save rejects with what the server has against it
 * @param {((state: import("./settings_dialog.mjs").State) => void)[]} parts where to ask for news of the settings
 */
export function keyField(key, save, parts) {
  const id = `wan27-${key.name}`;
  const state = element("span", { className: "wan27-key-state" });
  const said = element("p", { className: "wan27-said", role: "status" });
  // No password manager: it would offer to keep the key in the browser.
  const input = element("input", { id, type: "password", autocomplete: "new-password", placeholder: text("key_paste"), spellcheck: false, "data-1p-ignore": "" });
  /** @param {string | null} value */
  const send = async (value) => {
    input.value = ""; // before anything can fail
    const problem = await save({ name: key.name, value }).then(() => "", sentence);
    said.textContent = problem || text("saved");
    said.classList.toggle("wan27-error", Boolean(problem));
  };
  const store = () => (input.value.trim() ? send(input.value.trim()) : (said.textContent = text("key_empty")));
  input.addEventListener("keydown", (event) => event.key === "Enter" && store());
  const remove = button(text("key_remove"), () => send(null));
  const buttons = [button(text("key_save"), store), remove];
  parts.push((news) => {
    const { set, locked } = news.keys.find(({ name }) => name === key.name) ?? key;
    state.textContent = text(set ? "key_set" : "key_not_set");
    state.classList.toggle("wan27-good", set);
    input.disabled = locked;
    buttons.forEach((each) => (each.disabled = locked));
    remove.hidden = !set;
    if (locked) said.textContent = text("locked", { name: key.name });
  });
  const label = element("label", { for: id }, text("key_of", { host: key.title }), state);
  return element("div", { className: "wan27-field" }, label, element("div", { className: "wan27-row" }, input, ...buttons), link(key.console, text("key_console", { host: key.title })), said);
}
