/** The tasks that the page has loaded: newest first, page by page. */

/**
 * @typedef {object} Task
 * @property {number} id
 * @property {string | null} task_id
 * @property {string} state
 * @property {string} host
 * @property {string | null} billing address of the host's page of charges
 * @property {string} mode
 * @property {string} prompt
 * @property {string} resolution
 * @property {number} duration seconds
 * @property {number} seed
 * @property {string | null} price
 * @property {number} created seconds since 1970
 * @property {number} updated seconds since 1970
 * @property {string} error
 * @property {string | null} thumbnail address
 * @property {{filename: string, subfolder: string, type: string} | null} video
 * @property {string | null} path
 * @property {string[]} actions that the server allows
 */
/**
 * @typedef {object} Page
 * @property {Task[]} tasks newest first
 * @property {boolean} more true if there are older tasks
 * @property {string[]} today the cost of today's tasks, one amount per currency
 * @property {number} today_seconds the length of today's videos
 * @property {string | null} damage message of a damaged journal that no one has acknowledged
 */

const NEWEST = 50; // tasks loaded again at each change
const NEXT = 200; // tasks loaded on the way down; the server sends no more at once

export class LoadedTasks {
  /** @type {Task[]} */
  tasks = [];
  /** @type {string[]} the cost of today's tasks, one amount per currency */
  today = [];
  todaySeconds = 0;
  /** @type {string | null} message of a damaged journal that no one has acknowledged */
  damage = null;
  more = true;
  #loading = false;

  /** @param {(path: string) => Promise<Page>} get */
  constructor(get) {
    this.get = get;
  }

  /**
   * Load the newest tasks again, and those in view.
   * @param {number} first index of the first task in view
   */
  async renew(first) {
    const page = await this.#fetch();
    this.today = page.today;
    this.todaySeconds = page.today_seconds;
    this.damage = page.damage;
    if (this.#leavesGap(page)) this.tasks = [];
    this.#add(page, undefined);
    const above = first >= NEWEST ? this.tasks[first - 1]?.id : undefined;
    if (above !== undefined) this.#add(await this.#fetch(above), above);
  }

  /** True if there are older tasks and they are not being loaded. */
  get canExtend() {
    return this.more && !this.#loading;
  }

  /** Load the next older tasks. */
  async extend() {
    this.#loading = true;
    try {
      const last = this.tasks.at(-1)?.id;
      this.#add(await this.#fetch(last, NEXT), last);
    } finally {
      this.#loading = false;
    }
  }

  /** @param {number} [before] id of the task above @param {number} [count] */
  #fetch(before, count = NEWEST) {
    const query = before === undefined ? "" : `&before=${before}`;
    return this.get(`/wan27/tasks?count=${count}${query}`);
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
