/** The last task of each node, kept in the storage of this browser tab across reloads. */

/**
 * @typedef {object} End how the node's last Run ended; the list of tasks does not know it
 * @property {boolean} bought true if it submitted the task
 * @property {string[]} notices
 */
/** @typedef {{id: string} & End} LastTask */

const STORAGE_KEY = "wan27.last_tasks";
const MAX_NODES = 300;

export class TaskIds {
  /** @type {Map<string, LastTask>} by the node's key; the newest at the end */
  #ids;

  /** @param {Pick<Storage, "getItem" | "setItem">} storage */
  constructor(storage) {
    this.storage = storage;
    this.#ids = read(storage);
  }

  /**
   * @param {string} nodeKey
   * @param {string | null} id null: forget that of an earlier Run
   * @param {End} end
   */
  remember(nodeKey, id, { bought, notices }) {
    const task = id ? { id, bought, notices } : undefined;
    if (JSON.stringify(this.#ids.get(nodeKey)) === JSON.stringify(task)) return;
    this.#ids.delete(nodeKey);
    if (task) this.#ids.set(nodeKey, task);
    this.#ids = new Map([...this.#ids].slice(-MAX_NODES));
    this.storage.setItem(STORAGE_KEY, JSON.stringify([...this.#ids]));
  }

  /** @param {string} nodeKey */
  get(nodeKey) {
    return this.#ids.get(nodeKey);
  }

  /**
   * Return how the node's Run of a task ended, as far as it is known.
   * @param {string} nodeKey
   * @param {string | null} id
   * @returns {End}
   */
  endOf(nodeKey, id) {
    const known = this.#ids.get(nodeKey);
    if (known && known.id === id) return known;
    const others = [...this.#ids.values()].filter((each) => each.id === id);
    return { bought: true, notices: others.pop()?.notices ?? [] };
  }

  /** @returns {[nodeKey: string, task: LastTask][]} */
  all() {
    return [...this.#ids];
  }
}

/**
 * Return what is stored; empty if it is not what this module writes.
 * @param {Pick<Storage, "getItem">} storage
 * @returns {Map<string, LastTask>}
 */
function read(storage) {
  try {
    return new Map(JSON.parse(storage.getItem(STORAGE_KEY) ?? "[]"));
  } catch {
    return new Map();
  }
}
