/**
 * The panel on a node: how to begin without a key, its status line with what helps, and its task
 * id. An element, so both renderers show it.
 */
import { copyId } from "../ui/clipboard.mjs";
import { app } from "../ui/comfyui.mjs";
import { button, element } from "../ui/elements.mjs";
import { text } from "../ui/texts.mjs";
import { PANEL } from "./our_nodes.mjs";

const EMPTY = 10; // pixels below the last widget
const NARROW = 100; // pixels: until ComfyUI has laid a new panel out, its words take many lines
const PADDING = 30; // pixels that ComfyUI and wan27.css add around the content

/** @typedef {import("./our_nodes.mjs").Node} Node */
/** @typedef {"busy" | "done" | "error"} Tone */
/** @typedef {{label: string, act: () => unknown}} Action */

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

/**
 * Show a hint above the status line of a node, or remove it.
 * @param {Node} node
 * @param {string} hint empty: none
 * @param {Action[]} actions
 */
export function showHint(node, hint, actions) {
  if (hint || panels.has(node)) panelOf(node).showHint(hint, actions);
}

class Panel {
  isEmpty = true;
  grown = { from: 0, to: 0 }; // the node's heights before the panel made it grow and after

  /** @param {Node} node */
  constructor(node) {
    this.node = node;
    this.hint = element("div", { hidden: true });
    this.line = element("p", { hidden: true });
    this.actions = element("footer", { hidden: true });
    const onclick = () => copyId(this.id.dataset.id ?? "");
    const properties = { type: "button", className: "wan27-id", hidden: true, onclick };
    this.id = element("button", { ...properties, title: text("copy_id") });
    this.content = element("div", {}, this.hint, this.line, this.actions, this.id);
    this.root = element("div", { className: "wan27-panel" }, this.content);
    this.#addWidget();
    new ResizeObserver(() => this.#fitNode()).observe(this.content);
  }

  #addWidget() {
    const widget = this.node.addDOMWidget(PANEL, PANEL, this.root, {
      serialize: false, // not in the prompt that is run
      hideOnZoom: false,
    });
    // Of one height: Nodes 2.0 gives what has a layout size a part of the node's free room.
    widget.computeLayoutSize = undefined;
    widget.computeSize = (/** @type {number} */ width) => [width, this.#height];
    if (this.node.graph) widget.setNodeId?.(this.node.id); // front end 1.58 reads that here
    widget.serialize = false; // not in the saved workflow
    widget.label = "Wan27"; // in ComfyUI's list of the node's parameters
    // That list sets its own width, with which the canvas would draw the panel, too.
    Object.defineProperty(widget, "width", { get: () => undefined, set: () => {} });
  }

  get #height() {
    return this.#isShown() ? this.content.offsetHeight + PADDING : EMPTY;
  }

  #isShown() {
    return !this.isEmpty && this.root.offsetWidth > NARROW;
  }

  /** @param {string} hint empty: none @param {Action[]} actions */
  showHint(hint, actions) {
    const footer = element("footer", {}, ...buttons(actions));
    this.hint.hidden = !hint;
    this.hint.replaceChildren(...(hint ? [element("p", {}, hint), footer] : []));
    this.#fitNode();
  }

  /**
   * @param {string} line
   * @param {Tone} tone
   * @param {{act: () => unknown, actions: Action[]}} [more] what a click on the line does, and
   *   buttons below it
   */
  showLine(line, tone, more) {
    this.line.replaceChildren(more ? button(line, more.act, "wan27-link") : line);
    this.line.hidden = !line;
    this.actions.replaceChildren(...buttons(more?.actions ?? []));
    this.actions.hidden = !more?.actions.length;
    this.root.dataset.tone = tone;
    this.#fitNode();
  }

  /** @param {string | null} taskId null hides an earlier request's id until this one has its own */
  showTask(taskId) {
    this.id.hidden = !taskId;
    if (!taskId || this.id.dataset.id === taskId) return;
    this.id.dataset.id = taskId;
    const icon = element("i", { className: "pi pi-copy", "aria-hidden": "true" });
    this.id.replaceChildren(icon, ` ${taskId}`);
    this.id.setAttribute("aria-label", `${text("copy_id")}: ${taskId}`);
    this.#fitNode();
  }

  /**
   * Grow the node as far as its widgets need, and give that back once they need less, unless the
   * user has chosen another height since.
   */
  #fitNode() {
    this.isEmpty = [...this.content.children].every((each) => /** @type {any} */ (each).hidden);
    this.root.classList.toggle("wan27-absent", this.isEmpty);
    requestAnimationFrame(() => {
      if (!this.isEmpty && !this.#isShown()) return;
      const [width, height] = this.node.size;
      const least = this.node.computeSize()[1];
      const before = this.grown.to === height ? this.grown.from : height;
      const wanted = Math.max(least, before);
      if (wanted !== height) this.node.setSize([width, wanted]);
      this.grown = { from: before, to: this.node.size[1] };
      app.canvas?.setDirty(true, true);
    });
  }
}

/** @param {Action[]} actions */
function buttons(actions) {
  return actions.map(({ label, act }) => button(label, act));
}
