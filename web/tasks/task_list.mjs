/** The list of tasks. However long it is, only the rows in view are elements of the page. */
import { element } from "../ui/elements.mjs";
import { text } from "../ui/texts.mjs";
import { headersOf } from "./day_headers.mjs";
import { RowHeights } from "./row_heights.mjs";
import { RowLayout } from "./row_layout.mjs";
import { onKey } from "./task_keys.mjs";
import { taskRow } from "./task_row.mjs";

/** @typedef {import("./loaded_tasks.mjs").LoadedTasks} LoadedTasks */
/** @typedef {{loadMore: () => void, loadAll: () => Promise<void>}} Loader */

const MARGIN = 4; // extra rows above and below the view

export class TaskList {
  /** @type {Map<string, HTMLElement>} by the JSON of their task */
  #rows = new Map();
  /** @type {import("./loaded_tasks.mjs").Task[] | null} the tasks that `#layout` is of */
  #laidOut = null;
  #layout = new RowLayout([]);
  heights = new RowHeights(() => this.#layOutAgain());
  /** @type {import("./day_headers.mjs").Line[][]} above each task */
  #headers = [];
  #active = 0; // index of the task that the keyboard is on

  /** @param {LoadedTasks} loaded @param {Loader} loader */
  constructor(loaded, loader) {
    this.loaded = loaded;
    this.loader = loader;
    const onkeydown = (/** @type {KeyboardEvent} */ event) => onKey(event, this);
    this.sheet = element("div", { className: "wan27-sheet", role: "feed", onkeydown });
    const onscroll = () => this.draw();
    const content = [this.sheet, this.heights.root];
    this.root = element("div", { className: "wan27-scroller", onscroll }, ...content);
    this.resizes = new ResizeObserver(() => this.draw());
    this.resizes.observe(this.root);
  }

  close() {
    this.resizes.disconnect();
    this.heights.clear();
  }

  /** The task that the keyboard is on. */
  get active() {
    return this.loaded.tasks[this.#active];
  }

  /** Index of the first task in view. */
  get first() {
    return Math.max(0, this.layout.indexAt(this.root.scrollTop) - MARGIN);
  }

  /** Where the rows are. */
  get layout() {
    const { tasks } = this.loaded;
    if (this.#laidOut === tasks) return this.#layout;
    this.#headers = headersOf(this.loaded);
    this.#layout = new RowLayout(tasks.map((task, at) => this.heights.of(task, this.#headers[at])));
    this.#laidOut = tasks;
    return this.#layout;
  }

  /** Move the keyboard to a task. @param {number} index past an end: the task at that end */
  goTo(index) {
    this.#active = this.#within(index);
    const top = this.layout.top(this.#active);
    const { scrollTop, clientHeight } = this.root;
    if (top < scrollTop) this.root.scrollTop = top;
    const hidden = this.layout.top(this.#active + 1) - clientHeight;
    if (hidden > scrollTop) this.root.scrollTop = hidden;
    this.draw();
    this.#focus();
  }

  /** Move the keyboard to the oldest task; all tasks are loaded first. */
  async goToEnd() {
    await this.loader.loadAll();
    this.goTo(Infinity);
  }

  /** @param {number} steps */
  move(steps) {
    this.goTo(this.#active + steps);
  }

  /** Create every row again: ages and the language change. */
  redraw() {
    this.sheet.setAttribute("aria-label", text("tasks_list"));
    this.#rows.clear();
    this.heights.clear();
    this.#layOutAgain();
  }

  #layOutAgain() {
    this.#laidOut = null;
    this.draw();
  }

  /** Show the rows in view and the keyboard's. An unchanged row stays and keeps the focus. */
  draw() {
    const { tasks } = this.loaded;
    const bottom = this.root.scrollTop + this.root.clientHeight;
    const last = this.layout.indexAt(bottom) + 1 + MARGIN;
    this.sheet.style.height = `${this.layout.height}px`;
    this.#active = this.#within(this.#active);
    /** @type {Map<string, HTMLElement>} */
    const rows = new Map();
    const end = Math.min(last, tasks.length);
    // In the order of the list, as screen readers read it.
    if (this.#active < this.first) this.#addRow(this.#active, rows);
    for (let index = this.first; index < end; index++) this.#addRow(index, rows);
    if (this.#active >= end && tasks.length) this.#addRow(this.#active, rows);
    this.#show(rows);
    if (tasks.length && last >= tasks.length) this.loader.loadMore();
  }

  /** @param {number} index */
  #within(index) {
    return Math.max(0, Math.min(index, this.loaded.tasks.length - 1));
  }

  /** @param {number} index @param {Map<string, HTMLElement>} rows */
  #addRow(index, rows) {
    const { tasks, more } = this.loaded;
    const [task, header] = [tasks[index], this.#headers[index]];
    const key = JSON.stringify([task, header]);
    const row = this.#rows.get(key) ?? taskRow(task, header, Date.now() / 1000);
    const top = this.layout.top(index);
    Object.assign(row.style, { top: `${top}px`, height: `${this.layout.top(index + 1) - top}px` });
    row.tabIndex = index === this.#active ? 0 : -1;
    row.setAttribute("aria-posinset", String(index + 1));
    row.setAttribute("aria-setsize", String(more ? -1 : tasks.length));
    row.onfocus = () => {
      this.#active = index;
    };
    rows.set(key, row);
  }

  /** Put exactly these rows on the page. @param {Map<string, HTMLElement>} rows */
  #show(rows) {
    const focused = document.activeElement?.closest(".wan27-task");
    const hadFocus = focused && this.sheet.contains(focused);
    const wanted = new Set(/** @type {Iterable<Element>} */ (rows.values()));
    for (const row of [...this.sheet.children]) if (!wanted.has(row)) row.remove();
    let next = this.sheet.firstElementChild; // a row that moves would lose the focus
    for (const row of wanted) {
      if (row === next) next = next.nextElementSibling;
      else this.sheet.insertBefore(row, next);
    }
    this.#rows = rows;
    if (hadFocus && !focused.isConnected) this.#focus();
  }

  /** Focus the row of the keyboard's task. */
  #focus() {
    const row = /** @type {HTMLElement | null} */ (this.sheet.querySelector('[tabindex="0"]'));
    row?.focus({ preventScroll: true });
  }
}
