/** The panel on a node of ours: where its work stands, and the id of its task, which a click copies. An element, so both renderers show it. */
import { copyId } from "./clipboard.mjs";
import { app } from "./comfyui.mjs";
import { element } from "./elements.mjs";
import { text } from "./texts.mjs";

const NAME = "wan27_panel";
const PADDING = 34; // pixels that ComfyUI and wan27.css put around what the panel holds

/** @typedef {"busy" | "done" | "error"} Tone */

/** @type {WeakMap<object, Panel>} by node */
const panels = new WeakMap();

/** @param {import("./nodes.mjs").Node} node its panel, which is made at the first call */
export function panelOf(node) {
  const there = panels.get(node);
  if (there) return there;
  const made = new Panel(node);
  panels.set(node, made);
  return made;
}

class Panel {
  /** @param {import("./nodes.mjs").Node} node */
  constructor(node) {
    this.node = node;
    this.line = element("p", { hidden: true });
    this.id = element("button", { type: "button", className: "wan27-id", hidden: true, title: text("copy_id") });
    this.id.addEventListener("click", () => copyId(this.id.dataset.id ?? ""));
    this.content = element("div", {}, this.line, this.id);
    this.root = element("div", { className: "wan27-panel" }, this.content);
    const height = () => this.content.offsetHeight + PADDING;
    const widget = node.addDOMWidget(NAME, NAME, this.root, { serialize: false, hideOnZoom: false, getMinHeight: height, getMaxHeight: height });
    widget.serialize = false; // the one above keeps it out of what is run, this one out of what is saved
  }

  /** @param {string} line @param {Tone} tone */
  say(line, tone) {
    this.line.textContent = line;
    this.line.hidden = false;
    this.root.dataset.tone = tone;
    this.#fit();
  }

  /** @param {string | null} taskId null: there is none yet, and the one before is another request's */
  name(taskId) {
    this.id.hidden = !taskId;
    if (!taskId || this.id.dataset.id === taskId) return;
    this.id.dataset.id = taskId;
    this.id.replaceChildren(element("i", { className: "pi pi-copy", "aria-hidden": "true" }), ` ${taskId}`);
    this.id.setAttribute("aria-label", `${text("copy_id")}: ${taskId}`);
    this.#fit();
  }

  /** The node grows where its widgets no longer fit; it never shrinks, since its size is the user's. */
  #fit() {
    requestAnimationFrame(() => {
      const [width, height] = this.node.size;
      const least = this.node.computeSize()[1];
      if (least > height) this.node.setSize([width, least]);
      app.canvas?.setDirty(true, true);
    });
  }
}
