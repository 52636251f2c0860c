/** The panel on a node: its status line and its task id. An element, so both renderers show it. */
import { copyId } from "../ui/clipboard.mjs";
import { app } from "../ui/comfyui.mjs";
import { element } from "../ui/elements.mjs";
import { text } from "../ui/texts.mjs";

const WIDGET = "wan27_panel";
const PADDING = 34; // pixels that ComfyUI and wan27.css add around the content

/** @typedef {import("./our_nodes.mjs").Node} Node */
/** @typedef {"busy" | "done" | "error"} Tone */

/** @type {WeakMap<object, Panel>} by node */
const panels = new WeakMap();

/** Return the panel of a node; created at the first call. @param {Node} node */
export function panelOf(node) {
  const existing = panels.get(node);
  if (existing) return existing;
  const created = new Panel(node);
  panels.set(node, created);
  return created;
}

class Panel {
  /** @param {Node} node */
  constructor(node) {
    this.node = node;
    this.line = element("p", { hidden: true });
    const onclick = () => copyId(this.id.dataset.id ?? "");
    const properties = { type: "button", className: "wan27-id", hidden: true, onclick };
    this.id = element("button", { ...properties, title: text("copy_id") });
    this.content = element("div", {}, this.line, this.id);
    this.root = element("div", { className: "wan27-panel" }, this.content);
    this.#addWidget();
  }

  #addWidget() {
    const height = () => this.content.offsetHeight + PADDING;
    const widget = this.node.addDOMWidget(WIDGET, WIDGET, this.root, {
      serialize: false, // not in the prompt that is run
      hideOnZoom: false,
      getMinHeight: height,
      getMaxHeight: height,
    });
    widget.serialize = false; // not in the saved workflow
  }

  /** @param {string} line @param {Tone} tone */
  showLine(line, tone) {
    this.line.textContent = line;
    this.line.hidden = false;
    this.root.dataset.tone = tone;
    this.#growNode();
  }

  /** @param {string | null} taskId null hides an earlier request's id until this one has its own */
  showTask(taskId) {
    this.id.hidden = !taskId;
    if (!taskId || this.id.dataset.id === taskId) return;
    this.id.dataset.id = taskId;
    const icon = element("i", { className: "pi pi-copy", "aria-hidden": "true" });
    this.id.replaceChildren(icon, ` ${taskId}`);
    this.id.setAttribute("aria-label", `${text("copy_id")}: ${taskId}`);
    this.#growNode();
  }

  /** Grow the node if its widgets no longer fit. It never shrinks: the user chose its size. */
  #growNode() {
    requestAnimationFrame(() => {
      const [width, height] = this.node.size;
      const minHeight = this.node.computeSize()[1];
      if (minHeight > height) this.node.setSize([width, minHeight]);
      app.canvas?.setDirty(true, true);
    });
  }
}
