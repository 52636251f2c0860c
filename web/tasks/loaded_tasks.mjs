/** The tasks that the page has loaded: newest first, page by page. */

/**
 * @typedef {object} Task
 * @property {number} id
 * @property {string | null} task_id
 * @property {string} state
 * @property {string} host
 * @property {string | null} billing address of the host's page of charges
 * @property {string} mode
 * @property {string | null} node the kind of node that takes these settings
 * @property {string} prompt
 * @property {string} negative_prompt
 * @property {string} resolution
 * @property {number} duration seconds
 * @property {number} seed
 * @property {boolean} prompt_extend
 * @property {boolean} watermark
 * @property {string | null} price "" if nothing is to pay, null if that is unknown
 * @property {number} created seconds since 1970
 * @property {string | null} day local day of the server, such as "2026-11-30"
 * @property {number} updated seconds since 1970
 * @property {{phase: string, percent: number | null} | null} progress of a task that is followed
 * @property {string} problem why a running task is not followed
 * @property {string} error
 * @property {string | null} thumbnail address
 * @property {boolean} workflow true if the workflow that bought it is kept
 * @property {{filename: string, subfolder: string, type: string} | null} video
 * @property {string | null} path
 * @property {string[]} actions that the server allows
 */
/** @typedef {{amounts: string[], seconds: number}} Total estimated costs, one per currency */
/** @typedef {Record<string, Total>} Totals by day ("2026-11-30") and by month ("2026-11") */
/**
 * @typedef {object} Page
 * @property {Task[]} tasks newest first
 * @property {boolean} more true if there are older tasks
 * @property {number} running how many tasks are at a host now, listed or not
 * @property {string} today
 * @property {Totals} totals of today and of the days and months of these tasks
 * @property {string | null} damage message of a damaged journal that no one has acknowledged
 */

const NEWEST = 50; // tasks loaded again at each change
const NEXT = 200; // tasks loaded on the way down; the server sends no more at once
const FOLLOW_SECONDS = "15"; // the server follows running tasks for so long after each look

export class LoadedTasks {
  /** @type {Task[]} */
  tasks = [];
  running = 0;
  today = "";
  /** @type {Totals} */
  totals = {};
  /** @type {string | null} message of a damaged journal that no one has acknowledged */
  damage = null;
  more = true;
  /** @type {Record<string, string>} what the user looks for, as the server's parameters */
  query = {};
  #loading = false;

  /** @param {(path: string) => Promise<Page>} get */
  constructor(get) {
    this.get = get;
  }

  /** Look for other tasks, which are loaded next. @param {Record<string, string>} query */
  lookFor(query) {
    this.query = query;
    this.tasks = [];
    this.more = true;
  }

  /**
   * Load the newest tasks again, and those in view.
   * @param {number} first index of the first task in view
   */
  async renew(first) {
    const { query } = this;
    const page = await this.#fetch({ follow: FOLLOW_SECONDS });
    if (query !== this.query) return; // the user looks for others now
    this.today = page.today;
    this.damage = page.damage;
    this.running = page.running;
    if (this.#leavesGap(page)) this.tasks = [];
    this.#add(page, undefined);
    const above = first >= NEWEST ? this.tasks[first - 1]?.id : undefined;
    if (above !== undefined) await this.#load(above, NEWEST);
  }

  /** True if there are older tasks and they are not being loaded. */
  get canExtend() {
    return this.more && !this.#loading;
  }

  /** Load the next older tasks. */
  async extend() {
    this.#loading = true;
    try {
      await this.#load(this.tasks.at(-1)?.id, NEXT);
    } finally {
      this.#loading = false;
    }
  }

  /** @param {number | undefined} before id of the task above @param {number} count */
  async #load(before, count) {
    const { query } = this;
    /** @type {Record<string, string>} */
    const above = before === undefined ? {} : { before: String(before) };
    const page = await this.#fetch(above, count);
    if (query === this.query) this.#add(page, before);
  }

  /** @param {Record<string, string>} given @param {number} [count] */
  #fetch(given, count = NEWEST) {
    const parameters = new URLSearchParams({ count: String(count), ...given, ...this.query });
    return this.get(`/wan27/tasks?${parameters}`);
  }

  /**
   * Return true if tasks are missing between the newest page and the loaded ones.
   * @param {Page} page
   */
  #leavesGap({ tasks, more }) {
    const oldest = tasks.at(-1);
    return more && oldest !== undefined && !this.tasks.some(({ id }) => id >= oldest.id);
  }

  /** @param {Page} page @param {number | undefined} before */
  #add(page, before) {
    const [last, lastOfPage] = [this.tasks.at(-1), page.tasks.at(-1)];
    const reachesEnd = !last || !lastOfPage || lastOfPage.id <= last.id;
    this.tasks = merge(this.tasks, page, before);
    this.totals = { ...this.totals, ...page.totals };
    if (reachesEnd || !page.more) this.more = page.more;
  }
}

/**
 * Return the loaded tasks with one page replaced; a task that is missing in the page is gone.
 * @param {Task[]} loaded newest first
 * @param {Page} page
 * @param {number} [before] id of the task above the page; undefined: the page is the newest
 */
export function merge(loaded, page, before = Infinity) {
  const lowest = page.more ? (page.tasks.at(-1)?.id ?? -Infinity) : -Infinity;
  const above = loaded.filter(({ id }) => id >= before);
  const below = loaded.filter(({ id }) => id < lowest);
  return [...above, ...page.tasks, ...below];
}
