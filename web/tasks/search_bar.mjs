/** The field and the choice above the list, which say what tasks the user looks for. */
import { element } from "../ui/elements.mjs";
import { text } from "../ui/texts.mjs";

const DEBOUNCE_MILLISECONDS = 250; // a search reads the whole journal

/** The groups of states that the server knows. */
const GROUPS = /** @type {const} */ (["running", "undecided", "finished", "failed"]);

export class SearchBar {
  #timer = 0;
  #field = element("input", { type: "search", autocomplete: "off", spellcheck: false });
  #group = element("select");
  #sought = element("div", { className: "wan27-sought" }, this.#field);
  root = element("div", { className: "wan27-search", role: "search" }, this.#sought, this.#group);

  /** @param {() => void} onChange called once the user looks for others */
  constructor(onChange) {
    this.#field.addEventListener("input", () => {
      clearTimeout(this.#timer);
      this.#timer = window.setTimeout(onChange, DEBOUNCE_MILLISECONDS);
    });
    this.#group.addEventListener("change", onChange);
    // ComfyUI's shortcuts listen on the window: Delete in here must not delete a node.
    this.root.addEventListener("keydown", (event) => event.stopPropagation());
  }

  /** Show the bar in the page's current language. */
  translate() {
    this.#field.placeholder = text("search");
    this.#sought.dataset.words = text("search"); // tasks.css measures it
    this.#field.setAttribute("aria-label", text("search"));
    this.#group.setAttribute("aria-label", text("group"));
    const { value } = this.#group;
    const groups = GROUPS.map((name) => element("option", { value: name }, text(`group_${name}`)));
    this.#group.replaceChildren(element("option", { value: "" }, text("group_all")), ...groups);
    this.#group.value = value;
  }

  /** What the user looks for, as the server's parameters. @returns {Record<string, string>} */
  get query() {
    const given = { search: this.#field.value.trim(), group: this.#group.value };
    return Object.fromEntries(Object.entries(given).filter(([, value]) => value));
  }
}
