/** The tasks that the page has loaded: newest first, page by page, renewed without losing its place. */

/**
 * @typedef {{id: number, task_id: string | null, state: string, host: string, mode: string, prompt: string, resolution: string, duration: number,
 *   seed: number, price: string | null, created: number, updated: number, error: string, picture: string | null,
 *   video: {filename: string, subfolder: string, type: string} | null, path: string | null}} Task
 */
/** @typedef {{tasks: Task[], more: boolean, today: string[]}} Page */

const PAGE = 50; // what is renewed at each change
const STEP = 200; // what is loaded on the way down; the server gives no more at once

export class TaskList {
  /** @type {Task[]} */
  tasks = [];
  /** @type {string[]} what today's tasks cost together, one amount a currency */
  today = [];
  more = true;
  #busy = false;

  /** @param {(path: string) => Promise<Page>} get */
  constructor(get) {
    this.get = get;
  }

  /**
   * Something changed: load the newest again, and those that are looked at.
   * @param {number} first place of the first task in sight
   */
  async renew(first) {
    const page = await this.#load();
    this.today = page.today;
    // So many are new that the page does not reach what was loaded: that would stand right below it, with others missing between.
    if (page.more && !this.tasks.some(({ id }) => id >= page.tasks[page.tasks.length - 1].id)) this.tasks = [];
    this.#take(page, undefined);
    const above = first >= PAGE ? this.tasks[first - 1]?.id : undefined;
    if (above !== undefined) this.#take(await this.#load(above), above);
  }

  /** Whether there is a next page, and it is not on its way already. */
  get canExtend() {
    return this.more && !this.#busy;
  }

  /** Load the next page. */
  async extend() {
    this.#busy = true;
    try {
      const last = this.tasks.at(-1)?.id;
      this.#take(await this.#load(last, STEP), last);
    } finally {
      this.#busy = false;
    }
  }

  /** @param {number} [before] id of the task above @param {number} [count] */
  #load(before, count = PAGE) {
    return this.get(`/wan27/tasks?count=${count}${before === undefined ? "" : `&before=${before}`}`);
  }

  /** @param {Page} page @param {number | undefined} before */
  #take(page, before) {
    const isEnd = !this.tasks.length || page.tasks.length === 0 || page.tasks[page.tasks.length - 1].id <= this.tasks[this.tasks.length - 1].id;
    this.tasks = merge(this.tasks, page, before);
    if (isEnd || !page.more) this.more = page.more;
  }
}

/**
 * What is loaded, with one page of it renewed: tasks that the page should hold and does not were forgotten.
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
