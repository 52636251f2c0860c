/** The sidebar tab with every task of this ComfyUI, live. */
import { api } from "../ui/comfyui.mjs";
import { button, element, iconButton } from "../ui/elements.mjs";
import { spentText } from "../ui/format.mjs";
import { showError } from "../ui/notices.mjs";
import { get, messageOf, post } from "../ui/server.mjs";
import { addSidebarTab, renameSidebarTab } from "../ui/sidebar.mjs";
import { text } from "../ui/texts.mjs";
import { acceptDrops } from "./drag.mjs";
import { LoadedTasks } from "./loaded_tasks.mjs";
import { SearchBar } from "./search_bar.mjs";
import { TaskList } from "./task_list.mjs";

const DEBOUNCE_MILLISECONDS = 150; // changes often come in bursts
const AGE_MILLISECONDS = 30_000; // between updates of the ages
const FOLLOW_MILLISECONDS = 5_000; // between looks at what runs, which the server then follows

/** @type {TasksTab | null} */
let openTab = null;

// From the start, or ComfyUI's page reports an event without a listener as an error.
api.addEventListener("wan27.tasks", () => openTab?.renewSoon());

/** Add the tab to ComfyUI's sidebar. */
export function addTasksTab() {
  acceptDrops();
  addSidebarTab(text("tasks"), open, close);
}

/** Show the tab in the page's current language. */
export function translateTasksTab() {
  renameSidebarTab(text("tasks"));
  openTab?.show();
}

/** @param {HTMLElement} container */
function open(container) {
  close();
  openTab = new TasksTab(container);
  openTab.show();
}

function close() {
  openTab?.close();
  openTab = null;
}

class TasksTab {
  loaded = new LoadedTasks(get);
  list = new TaskList(this.loaded, this);
  search = new SearchBar(() => this.#lookForOthers());
  today = element("span", { className: "wan27-today", "aria-live": "polite" });
  damage = element("div", { className: "wan27-damage", role: "alert", hidden: true });
  note = element("p", { className: "wan27-note", role: "status" });
  root = element("div", { className: "wan27-tasks" });
  #failed = false; // after a failure only the user loads again
  #timer = 0;
  /** @param {HTMLElement} container */
  constructor(container) {
    container.classList.add("wan27-tab"); // limits the height, or every row would be in view
    container.replaceChildren(this.root);
    this.clock = setInterval(() => this.list.redraw(), AGE_MILLISECONDS);
    this.follower = setInterval(() => this.#follow(), FOLLOW_MILLISECONDS);
  }

  /** Show the tab in the page's current language, and load the tasks. */
  show() {
    const refresh = iconButton("pi-refresh", text("retry"), () => this.renew());
    const header = element("header", {}, element("h2", {}, text("tasks")), this.today, refresh);
    this.note.textContent = text("loading");
    this.search.translate();
    this.root.replaceChildren(header, this.search.root, this.damage, this.note, this.list.root);
    this.list.redraw();
    return this.renew();
  }

  close() {
    this.list.close();
    clearInterval(this.clock);
    clearInterval(this.follower);
    clearTimeout(this.#timer);
    this.root.remove();
  }

  /** Load them again after a moment. */
  renewSoon() {
    clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => this.renew(), DEBOUNCE_MILLISECONDS);
  }

  /** Load the newest tasks and those in view; after a failure the tab keeps what it shows. */
  async renew() {
    await this.#load(() => this.loaded.renew(this.list.first));
    const today = this.#todayText();
    if (this.today.textContent !== today) this.today.textContent = today; // it is read aloud
    this.#showDamage(this.loaded.damage);
  }

  /** Return what today and this month have cost. */
  #todayText() {
    const { today, totals } = this.loaded;
    const [day, month] = [today, today.slice(0, 7)].map((name) => totals[name]);
    if (!day || !month) return "";
    const spent = spentText(day) || text("nothing_spent");
    const lines = [text("today", { amounts: spent })];
    if (spentText(month) !== spentText(day)) {
      lines.push(text("this_month", { amounts: spentText(month) }));
    }
    return lines.join("\n");
  }

  /** Look at what runs: the page in view has the server follow it. */
  #follow() {
    if (this.loaded.running && !this.#failed && !document.hidden) this.renew();
  }

  #lookForOthers() {
    this.loaded.lookFor(this.search.query);
    this.list.root.scrollTop = 0;
    return this.renew();
  }

  /** Show the message of a damaged journal until the user has read it. @param {string | null} it */
  #showDamage(it) {
    this.damage.hidden = !it;
    if (!it) return this.damage.replaceChildren();
    const read = button(text("damage_read"), () => this.#acknowledge());
    this.damage.replaceChildren(element("p", {}, it), read);
  }

  async #acknowledge() {
    try {
      await post("/wan27/journal/acknowledge", {});
    } catch (error) {
      showError(messageOf(error));
    }
    await this.renew();
  }

  /** Load the next older tasks, if there are more. */
  async loadMore() {
    if (this.#canLoadMore) await this.#load(() => this.loaded.extend());
  }

  /** Load all older tasks. */
  async loadAll() {
    while (this.#canLoadMore) await this.loadMore();
  }

  get #canLoadMore() {
    return this.loaded.canExtend && !this.#failed;
  }

  /** @param {() => Promise<void>} load */
  async #load(load) {
    const problem = await load().then(() => "", messageOf);
    this.#failed = Boolean(problem);
    const nothing = text(Object.keys(this.loaded.query).length ? "tasks_none" : "tasks_empty");
    this.note.hidden = !problem && this.loaded.tasks.length > 0;
    this.note.classList.toggle("wan27-error", Boolean(problem));
    this.note.replaceChildren(problem ? `${text("tasks_error")} ${problem} ` : nothing);
    if (problem) this.note.append(button(text("retry"), () => this.renew()));
    this.list.draw();
  }
}
