/** Which task belongs to which node, as far as this tab of the browser has heard; a reload of the page does not forget it. */

const KEY = "wan27.task_ids";
const MOST = 300;

export class TaskIds {
  /** @type {Map<string, string>} by place */
  #ids;

  /** @param {Pick<Storage, "getItem" | "setItem">} storage */
  constructor(storage) {
    this.storage = storage;
    this.#ids = read(storage);
  }

  /** @param {string} place of a node @param {string | null | undefined} taskId */
  remember(place, taskId) {
    if (!taskId || this.#ids.get(place) === taskId) return;
    this.#ids.delete(place); // the newest are at the end
    this.#ids.set(place, taskId);
    this.#ids = new Map([...this.#ids].slice(-MOST));
    this.storage.setItem(KEY, JSON.stringify([...this.#ids]));
  }

  /** @returns {[place: string, taskId: string][]} */
  all() {
    return [...this.#ids];
  }
}

/** @param {Pick<Storage, "getItem">} storage @returns {Map<string, string>} empty where it holds something else */
function read(storage) {
  try {
    return new Map(JSON.parse(storage.getItem(KEY) ?? "[]"));
  } catch {
    return new Map();
  }
}
