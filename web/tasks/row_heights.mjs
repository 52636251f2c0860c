/**
 * The heights of rows before they are drawn. Only the question of an undecided task wraps, in as
 * many lines as its language and the width of the tab make: an invisible row has it, too.
 */
import { isUndecided } from "../nodes/decisions.mjs";
import { element } from "../ui/elements.mjs";
import { headerHeight } from "./day_headers.mjs";
import { sampleRow } from "./task_row.mjs";

/** @typedef {import("./loaded_tasks.mjs").Task} Task */
/** @typedef {import("./day_headers.mjs").Line} Line */

const HEIGHT = 92; // pixels, of a row that asks nothing

export class RowHeights {
  /** @type {Map<string, HTMLElement>} by what the question depends on */
  #samples = new Map();
  root = element("div", { className: "wan27-samples", inert: true });

  /** @param {() => void} onChange called once rows have other heights, at another width too */
  constructor(onChange) {
    this.resizes = new ResizeObserver(onChange);
  }

  /** Return the height of a row in pixels. @param {Task} task @param {Line[]} header above it */
  of(task, header) {
    const height = isUndecided(task) ? this.#sampleOf(task).offsetHeight : HEIGHT;
    return height + headerHeight(header);
  }

  /** @param {Task} task @returns {HTMLElement} */
  #sampleOf(task) {
    const key = [task.state, task.host, task.billing].join("\n");
    const known = this.#samples.get(key);
    if (known) return known;
    const created = sampleRow(task);
    this.#samples.set(key, created);
    this.root.append(created);
    this.resizes.observe(created);
    return created;
  }

  /** Forget all heights: the language has changed. */
  clear() {
    this.resizes.disconnect();
    this.#samples.clear();
    this.root.replaceChildren();
  }
}
