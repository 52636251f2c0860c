/** The sidebar tab: every task of this ComfyUI, live. However many there are, only those in sight are elements of the page. */
import { api } from "./comfyui.mjs";
import { button, element, iconButton } from "./elements.mjs";
import { get, sentence } from "./server.mjs";
import { onKey } from "./task_keys.mjs";
import { TaskList } from "./task_list.mjs";
import { taskRow } from "./task_row.mjs";
import { text } from "./texts.mjs";

const ROW = 92; // pixels; wan27.css says the same
const MARGIN = 4; // rows above and below what is in sight
const GATHER_MILLISECONDS = 150; // changes often come in bursts
const AGE_MILLISECONDS = 30_000;

export class RecentTasks {
  list = new TaskList(get);
  /** @type {Map<string, HTMLElement>} by what they show */
  #rows = new Map();
  #active = 0;
  #stuck = false; // the last load failed: nothing is loaded again by itself
  #timer = 0;
  #renewed = () => {
    clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => this.renew(), GATHER_MILLISECONDS);
  };

  /** @param {HTMLElement} container as high as the sidebar by our style, or every row would be in sight */
  constructor(container) {
    this.today = element("span", { className: "wan27-today", "aria-live": "polite" });
    this.note = element("p", { className: "wan27-note", role: "status" });
    this.sheet = element("div", { className: "wan27-sheet", role: "feed" });
    this.scroller = element("div", { className: "wan27-scroller", onscroll: () => this.#draw() }, this.sheet);
    this.root = element("div", { className: "wan27-tasks" });
    this.sheet.addEventListener("keydown", (event) => onKey(event, this));
    container.classList.add("wan27-tab");
    container.replaceChildren(this.root);
    api.addEventListener("wan27.tasks", this.#renewed);
    this.resized = new ResizeObserver(() => this.#draw());
    this.resized.observe(this.scroller);
    this.clock = setInterval(() => this.#forgetRows(), AGE_MILLISECONDS);
  }

  /** Show it, in the language that the page has now. */
  open() {
    const again = iconButton("pi-refresh", text("retry"), () => this.renew());
    const head = element("header", {}, element("h2", {}, text("tasks")), this.today, again);
    this.note.textContent = text("loading");
    this.sheet.setAttribute("aria-label", text("tasks_list"));
    this.root.replaceChildren(head, this.note, this.scroller);
    this.#rows.clear();
    return this.renew();
  }

  /** The tab was closed. */
  close() {
    api.removeEventListener("wan27.tasks", this.#renewed);
    this.resized.disconnect();
    clearInterval(this.clock);
    clearTimeout(this.#timer);
    this.root.remove();
  }

  /** Load what may have changed; a failure is told in the tab, with what was there before still in sight. */
  async renew() {
    await this.#load(() => this.list.renew(this.#first()));
    const { today } = this.list;
    this.today.textContent = today.length ? text("today", { amounts: today.join(" + ") }) : text("today_nothing");
  }

  /** The task that the keyboard is at. */
  get active() {
    return this.list.tasks[this.#active];
  }

  /** @param {number} place to go to; past the ends is the end */
  goTo(place) {
    this.#active = Math.max(0, Math.min(place, this.list.tasks.length - 1));
    const top = this.#active * ROW;
    const { scrollTop, clientHeight } = this.scroller;
    if (top < scrollTop) this.scroller.scrollTop = top;
    if (top + ROW > scrollTop + clientHeight) this.scroller.scrollTop = top + ROW - clientHeight;
    this.#draw();
    /** @type {HTMLElement | null} */ (this.sheet.querySelector('[tabindex="0"]'))?.focus({ preventScroll: true });
  }

  /** Go to the oldest task, all of which are loaded on the way. */
  async goToEnd() {
    while (this.list.canExtend && !this.#stuck) await this.#load(() => this.list.extend());
    this.goTo(Infinity);
  }

  /** @param {number} steps */
  move(steps) {
    this.goTo(this.#active + steps);
  }

  /** @param {() => Promise<void>} load */
  async #load(load) {
    const problem = await load().then(() => "", sentence);
    this.#stuck = Boolean(problem);
    this.note.hidden = !problem && this.list.tasks.length > 0;
    this.note.classList.toggle("wan27-error", Boolean(problem));
    this.note.replaceChildren(problem ? `${text("tasks_error")} ${problem} ` : text("tasks_empty"));
    if (problem) this.note.append(button(text("retry"), () => this.renew()));
    this.#draw();
  }

  #first() {
    return Math.max(0, Math.floor(this.scroller.scrollTop / ROW) - MARGIN);
  }

  #forgetRows() {
    this.#rows.clear();
    this.#draw();
  }

  /** Show exactly the rows in sight, and the one that the keyboard is at; a row that shows the same stays, with its focus. */
  #draw() {
    const { tasks } = this.list;
    const last = Math.ceil((this.scroller.scrollTop + this.scroller.clientHeight) / ROW) + MARGIN;
    this.sheet.style.height = `${tasks.length * ROW}px`;
    this.#active = Math.max(0, Math.min(this.#active, tasks.length - 1));
    const shown = new Map();
    for (let place = this.#first(); place < Math.min(last, tasks.length); place++) this.#place(place, shown);
    if (tasks.length) this.#place(this.#active, shown);
    this.#swap(shown);
    if (tasks.length && last >= tasks.length && this.list.canExtend && !this.#stuck) this.#load(() => this.list.extend());
  }

  /** @param {number} place @param {Map<string, HTMLElement>} shown */
  #place(place, shown) {
    const task = this.list.tasks[place];
    const what = JSON.stringify(task);
    const row = shown.get(what) ?? this.#rows.get(what) ?? taskRow(task, Date.now() / 1000);
    row.style.top = `${place * ROW}px`;
    row.tabIndex = place === this.#active ? 0 : -1;
    row.dataset.place = String(place);
    row.setAttribute("aria-posinset", String(place + 1));
    row.setAttribute("aria-setsize", String(this.list.more ? -1 : this.list.tasks.length));
    row.onfocus = () => {
      this.#active = Number(row.dataset.place);
    };
    shown.set(what, row);
  }

  /** @param {Map<string, HTMLElement>} shown */
  #swap(shown) {
    const focused = /** @type {HTMLElement | null} */ (document.activeElement?.closest(".wan27-task"));
    const had = focused && this.sheet.contains(focused);
    const wanted = new Set(shown.values());
    for (const row of [...this.sheet.children]) if (!wanted.has(/** @type {HTMLElement} */ (row))) row.remove();
    for (const row of wanted) if (row.parentElement !== this.sheet) this.sheet.append(row);
    this.#rows = shown;
    if (had && !focused.isConnected) /** @type {HTMLElement | null} */ (this.sheet.querySelector('[tabindex="0"]'))?.focus({ preventScroll: true });
  }
}
